package desired

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// ServiceAccounts returns the accounts that notebooks and pipelines run under.
func ServiceAccounts(p *profilev1.Profile) []*corev1.ServiceAccount {
	return []*corev1.ServiceAccount{
		{ObjectMeta: inside(p, tenancy.EditorServiceAccount)},
		{ObjectMeta: inside(p, tenancy.ViewerServiceAccount)},
	}
}

// RoleBindings returns who may do what in the namespace: the two service accounts
// and the owner. The owner's must have passed tenancy.CheckOwner.
func RoleBindings(p *profilev1.Profile) []*rbacv1.RoleBinding {
	owner := roleBinding(p, tenancy.OwnerRoleBinding, tenancy.RoleAdmin, tenancy.Subject(p.Spec.Owner))
	owner.Annotations = admits(p.Spec.Owner.Name, tenancy.RoleAdmin)
	return []*rbacv1.RoleBinding{
		roleBinding(p, tenancy.EditorServiceAccount, tenancy.RoleEdit, serviceAccountOf(p, tenancy.EditorServiceAccount)),
		roleBinding(p, tenancy.ViewerServiceAccount, tenancy.RoleView, serviceAccountOf(p, tenancy.ViewerServiceAccount)),
		owner,
	}
}

func roleBinding(p *profilev1.Profile, name string, role tenancy.Role, subject rbacv1.Subject) *rbacv1.RoleBinding {
	clusterRole, _ := role.ClusterRole()
	return &rbacv1.RoleBinding{
		ObjectMeta: inside(p, name),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   []rbacv1.Subject{subject},
	}
}

func serviceAccountOf(p *profilev1.Profile, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: p.Name}
}

// BoundServiceAccount returns an account that is bound to an identity outside the
// cluster: one of the Profile's own, or one more that gets no rights inside the cluster.
// The latter may have been there before the Profile, so it is not made the Profile's own;
// the label only keeps it in sight.
func BoundServiceAccount(p *profilev1.Profile, name string, annotations map[string]string) *corev1.ServiceAccount {
	account := &corev1.ServiceAccount{ObjectMeta: inside(p, name)}
	if name != tenancy.EditorServiceAccount && name != tenancy.ViewerServiceAccount {
		account.OwnerReferences = nil
	}
	account.Annotations = annotations
	return account
}
