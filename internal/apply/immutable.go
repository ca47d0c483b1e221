package apply

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// immutableDifferences names the differing fields that the API server refuses to
// change, so that only a new object can have them.
func immutableDifferences(live, want client.Object) []string {
	switch want := want.(type) {
	case *rbacv1.RoleBinding:
		if live.(*rbacv1.RoleBinding).RoleRef != want.RoleRef {
			return []string{"roleRef"}
		}
	case *corev1.ResourceQuota:
		if !sets.New(live.(*corev1.ResourceQuota).Spec.Scopes...).Equal(sets.New(want.Spec.Scopes...)) {
			return []string{"spec.scopes"}
		}
	}
	return nil
}
