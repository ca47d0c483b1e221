package access

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
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

// Names says how the names of users compare.
type Names struct {
	// IgnoreCase makes a user's name equal to itself in other letter case. Set it only where
	// the identity provider does the same. Names of groups always compare exactly.
	IgnoreCase bool
}

// Same tells whether two names are those of one user. Only the letters A to Z lose their
// case: under Unicode's rules a Kelvin sign would become a k, and its bearer somebody else.
func (n Names) Same(one, other string) bool { return n.fold(one) == n.fold(other) }

func (n Names) fold(name string) string {
	if !n.IgnoreCase {
		return name
	}
	folded := []byte(name)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}

// is tells whether a subject of RBAC is the caller or a group of the caller's.
func (n Names) is(c Caller, subject rbacv1.Subject) bool {
	switch subject.Kind {
	case rbacv1.UserKind:
		return c.Name != "" && n.Same(c.Name, subject.Name)
	case rbacv1.GroupKind:
		return slices.Contains(c.Groups, subject.Name)
	case rbacv1.ServiceAccountKind:
		return c.Kind == rbacv1.ServiceAccountKind && c.Name == "system:serviceaccount:"+subject.Namespace+":"+subject.Name
	default:
		return false
	}
}
