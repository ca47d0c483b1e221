package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

func reference(apiVersion, kind, name, uid string, controller *bool) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, UID: types.UID(uid), Controller: controller}
}

func TestWithOwners(t *testing.T) {
	ours := reference("kubeflow.org/v1", "Profile", "a", "new", ptr.To(true))
	oldVersion := reference("kubeflow.org/v1beta1", "Profile", "a", "new", ptr.To(true))
	former := reference("kubeflow.org/v1beta1", "Profile", "a", "old", ptr.To(true))
	sameNameElsewhere := reference("example.com/v1", "Profile", "a", "x", nil)
	stranger := reference("apps/v1", "Deployment", "d", "y", ptr.To(true))
	oursAsGuest := ours
	oursAsGuest.Controller = nil
	tests := map[string]struct {
		have, want []metav1.OwnerReference
		differs    bool
	}{
		"none yet":                           {nil, []metav1.OwnerReference{ours}, true},
		"already there":                      {[]metav1.OwnerReference{ours}, []metav1.OwnerReference{ours}, false},
		"there by an older API version":      {[]metav1.OwnerReference{oldVersion}, []metav1.OwnerReference{oldVersion}, false},
		"a former Profile of the name":       {[]metav1.OwnerReference{former}, []metav1.OwnerReference{ours}, true},
		"a Profile of another API group":     {[]metav1.OwnerReference{sameNameElsewhere}, []metav1.OwnerReference{sameNameElsewhere, ours}, true},
		"a stranger that manages the object": {[]metav1.OwnerReference{stranger}, []metav1.OwnerReference{stranger, oursAsGuest}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, differs := withOwners(test.have, []metav1.OwnerReference{ours})
			if differs != test.differs {
				t.Errorf("differs = %v, want %v", differs, test.differs)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
			if _, again := withOwners(got, []metav1.OwnerReference{ours}); again {
				t.Error("a second look changes the owners again")
			}
		})
	}
}

func TestWithAllLeavesItsInputAlone(t *testing.T) {
	have := map[string]string{"a": "1"}
	if merged, differs := withAll(have, map[string]string{"b": "2"}); !differs || len(merged) != 2 || len(have) != 1 {
		t.Errorf("merged %v, differs %v, input now %v", merged, differs, have)
	}
	if merged, differs := withAll(nil, map[string]string{"b": "2"}); !differs || merged["b"] != "2" {
		t.Errorf("merged %v, differs %v", merged, differs)
	}
	if _, differs := withAll(have, map[string]string{"a": "1"}); differs {
		t.Error("equal entries are called different")
	}
}
