package namespacelabels

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	got, err := Parse([]byte("# comment\nteam: \"ml\"\nistio-injection: \"\"\npipelines.kubeflow.org/enabled: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"team": "ml", "istio-injection": "", "pipelines.kubeflow.org/enabled": "true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels differ (-want +got):\n%s", diff)
	}
	if got, err := Parse([]byte("# nothing\n")); err != nil || len(got) != 0 {
		t.Errorf("an empty file gives %v, %v", got, err)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := map[string]struct{ file, complaint string }{
		"a list":                {"- a\n", "YAML map"},
		"a map inside":          {"a: {b: c}\n", "YAML map"},
		"the same key twice":    {"a: x\na: y\n", "already"},
		"a bad key":             {"\"a b\": x\n", `"a b" is not a label key`},
		"a bad value":           {"a: \"b c\"\n", `a: "b c" is not a label value`},
		"Kubernetes' own label": {"kubernetes.io/metadata.name: x\n", "Kubernetes sets this label itself"},
		"cut off":               {"a: \"x\n", "YAML map"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(test.file)); err == nil || !strings.Contains(err.Error(), test.complaint) {
				t.Errorf("Parse = %v, want a complaint with %q", err, test.complaint)
			}
		})
	}
}

// FuzzParse checks that whatever is accepted can be put on a namespace.
func FuzzParse(f *testing.F) {
	f.Add([]byte("a: b"))
	f.Add([]byte("a: \"\"\nb/c: d"))
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, err := Parse(data)
		if err != nil {
			return
		}
		for key, value := range labels {
			if err := check(key, value); err != nil {
				t.Errorf("accepted %v", err)
			}
		}
	})
}
