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
