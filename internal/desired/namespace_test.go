package desired

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamespaceLabels(t *testing.T) {
	meshOff := testSettings()
	meshOff.Mesh = false
	tests := map[string]struct {
		settings                Settings
		defaults, present, want map[string]string
	}{
		"a new namespace gets the defaults and the sidecar": {
			settings: testSettings(),
			defaults: map[string]string{"team": "ml"},
			want:     map[string]string{"team": "ml", "istio-injection": "enabled"},
		},
		"what is there is never overwritten": {
			settings: testSettings(),
			defaults: map[string]string{"team": "ml"},
			present:  map[string]string{"team": "core", "istio-injection": "disabled"},
			want:     map[string]string{"team": "core", "istio-injection": "disabled"},
		},
		"an empty value removes": {
			settings: testSettings(),
			defaults: map[string]string{"old": ""},
			present:  map[string]string{"old": "x", "kept": "y", "istio-injection": "enabled"},
			want:     map[string]string{"kept": "y", "istio-injection": "enabled"},
		},
		"the file can remove the sidecar label for good": {
			settings: testSettings(),
			defaults: map[string]string{"istio-injection": ""},
			present:  map[string]string{"istio-injection": "enabled"},
			want:     map[string]string{},
		},
		"the file can choose another sidecar value": {
			settings: testSettings(),
			defaults: map[string]string{"istio-injection": "disabled"},
			want:     map[string]string{"istio-injection": "disabled"},
		},
		"without a mesh there is no sidecar label": {
			settings: meshOff,
			want:     map[string]string{},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := namespaceLabels(test.settings, test.defaults, test.present)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("labels differ (-want +got):\n%s", diff)
			}
			again := namespaceLabels(test.settings, test.defaults, got)
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("a second look changes the labels again:\n%s", diff)
			}
		})
	}
}
