package desired

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// ownerReference makes the garbage collector remove an object together with its
// Profile. It blocks foreground deletion, so that kubectl delete --cascade=foreground
// returns only when the object is gone.
func ownerReference(p *profilev1.Profile) metav1.OwnerReference {
	return *metav1.NewControllerRef(p, profilev1.GroupVersion.WithKind("Profile"))
}

// inside returns the metadata of an object in the Profile's namespace.
func inside(p *profilev1.Profile, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:            name,
		Namespace:       p.Name,
		Labels:          map[string]string{tenancy.ManagedByLabel: tenancy.ManagedByValue},
		OwnerReferences: []metav1.OwnerReference{ownerReference(p)},
	}
}

// admits returns the annotations by which the access API finds out who an object
// admits, and as what.
func admits(user string, role tenancy.Role) map[string]string {
	return map[string]string{
		tenancy.UserAnnotation: user,
		tenancy.RoleAnnotation: string(role),
	}
}
