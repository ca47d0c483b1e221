package access

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func user(name string) rbacv1.Subject { return rbacv1.Subject{Kind: "User", Name: name} }

func group(name string) rbacv1.Subject { return rbacv1.Subject{Kind: "Group", Name: name} }

func profileOf(name, uid string, owner rbacv1.Subject) *profilev1.Profile {
	return &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(uid)},
		Spec:       profilev1.ProfileSpec{Owner: owner},
	}
}

// namespaceOf returns a namespace that refers to a Profile of its name with this UID.
func namespaceOf(name, uid string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{
		{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: name, UID: types.UID(uid)},
	}}}
}

func guestOf(namespace, name string, role tenancy.Role) contributor.Contributor {
	return contributor.Contributor{Namespace: namespace, Kind: "User", Name: name, Role: role}
}

// ownerBinding returns the RoleBinding that the controller makes for a Profile's owner.
func ownerBinding(namespace string, owner rbacv1.Subject) *rbacv1.RoleBinding {
	b := contributor.RoleBinding(contributor.Contributor{Namespace: namespace, Kind: owner.Kind, Name: owner.Name, Role: tenancy.RoleAdmin})
	b.Name = tenancy.OwnerRoleBinding
	b.Labels[tenancy.ManagedByLabel] = tenancy.ManagedByValue
	return b
}

// ownedRoom returns an Index in which the namespace team-a is really alice's.
func ownedRoom(bindings ...*rbacv1.RoleBinding) *Index {
	x := NewIndex(Names{})
	x.PutProfile(profileOf("team-a", "uid-a", user("alice@example.com")))
	x.PutNamespace(namespaceOf("team-a", "uid-a"))
	for _, b := range append(bindings, ownerBinding("team-a", user("alice@example.com"))) {
		_ = x.PutBinding(b)
	}
	return x
}
