package access

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Caller is who sends a request, as far as that was verified. The zero value is a caller of
// whom nothing is known and who may do nothing.
type Caller struct {
	// Kind is User or ServiceAccount.
	Kind string
	// Name is the name under which RBAC knows the caller; that of a service account is
	// system:serviceaccount:<namespace>:<name>. Empty when the request names nobody.
	Name string
	// Groups are the groups that a verified token or the API server puts the caller in.
	Groups []string
	// Admin tells that the caller administers the whole installation.
	Admin bool
	// TrustedDashboard tells that the request comes from the dashboard itself, or from another
	// program that may register users and read all bindings.
	TrustedDashboard bool
}

// Names says how the names of users compare. Names of groups always compare exactly.
type Names struct{ tenancy.Names }

// is tells whether a subject of RBAC is the caller or a group of the caller's.
func (n Names) is(c Caller, subject rbacv1.Subject) bool {
	switch subject.Kind {
	case rbacv1.UserKind:
		return c.Name != "" && n.Same(c.Name, subject.Name)
	case rbacv1.GroupKind:
		return slices.Contains(c.Groups, subject.Name)
	case rbacv1.ServiceAccountKind:
		return c.Kind == rbacv1.ServiceAccountKind && c.Name == tenancy.Username(subject)
	default:
		return false
	}
}
