package apply

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
)

// withAll returns have with the entries of want, and whether any of them was missing
// or different.
func withAll(have, want map[string]string) (map[string]string, bool) {
	merged := maps.Clone(have)
	differs := false
	for key, value := range want {
		if present, there := merged[key]; there && present == value {
			continue
		}
		if merged == nil {
			merged = map[string]string{}
		}
		merged[key] = value
		differs = true
	}
	return merged, differs
}

// withOwners returns have with the owners of want, and whether that is a change. A
// reference to an earlier owner of the same kind and name, which has gone and come
// back with another UID, is replaced: left in place, it would make the garbage
// collector remove the object. An object has at most one managing controller, so
// where a stranger has that place our reference is an ordinary one.
func withOwners(have, want []metav1.OwnerReference) ([]metav1.OwnerReference, bool) {
	owners := slices.Clone(have)
	differs := false
	for _, ref := range want {
		before := len(owners)
		owners = slices.DeleteFunc(owners, func(o metav1.OwnerReference) bool { return isFormer(o, ref) })
		differs = differs || len(owners) != before
		if slices.ContainsFunc(owners, func(o metav1.OwnerReference) bool { return o.UID == ref.UID }) {
			continue
		}
		if slices.ContainsFunc(owners, func(o metav1.OwnerReference) bool { return ptr.Deref(o.Controller, false) }) {
			ref.Controller = nil
		}
		owners = append(owners, ref)
		differs = true
	}
	return owners, differs
}

func isFormer(o, present metav1.OwnerReference) bool {
	return o.Kind == present.Kind && o.Name == present.Name && o.UID != present.UID &&
		groupOf(o) == groupOf(present)
}

func groupOf(o metav1.OwnerReference) string {
	gv, err := schema.ParseGroupVersion(o.APIVersion)
	if err != nil {
		return o.APIVersion
	}
	return gv.Group
}
