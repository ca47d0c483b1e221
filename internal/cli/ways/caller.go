package ways

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Groups in which the API server puts callers by itself, and the user who is nobody.
const (
	everyAuthenticated   = "system:authenticated"
	everyUnauthenticated = "system:unauthenticated"
	everyAccount         = "system:serviceaccounts"
	anonymous            = "system:anonymous"
)

// accountPrefix begins the full names of service accounts.
const accountPrefix = "system:serviceaccount:"

// Caller is somebody of whom it is asked where they get in.
type Caller struct {
	// user is the name that the API server knows; that of a service account begins with
	// accountPrefix. It is empty when only groups are asked about.
	user string
	// groups are those that were named, and those that such a caller is always in.
	groups []string
}

// NewCaller takes a service account as its full name, and also as ways and --owner write it.
func NewCaller(user string, groups []string) Caller {
	if account, given := strings.CutPrefix(user, rbacv1.ServiceAccountKind+":"); given {
		namespace, name, _ := strings.Cut(account, "/")
		user = accountUser(namespace, name)
	}
	c := Caller{user: user, groups: slices.Clone(groups)}
	if user == anonymous {
		c.groups = append(c.groups, everyUnauthenticated)
		return c
	}
	c.groups = append(c.groups, everyAuthenticated)
	if namespace, _, is := c.account(); is {
		c.groups = append(c.groups, everyAccount, everyAccount+":"+namespace)
	}
	return c
}

// accountUser is the name under which the API server knows a service account.
func accountUser(namespace, name string) string {
	return tenancy.Username(rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name})
}

// account takes the name of a service account apart.
func (c Caller) account() (namespace, name string, is bool) {
	account, is := strings.CutPrefix(c.user, accountPrefix)
	namespace, name, complete := strings.Cut(account, ":")
	return namespace, name, is && complete
}

// isSubject tells whether RBAC takes the caller for a subject.
func (c Caller) isSubject(subject rbacv1.Subject) bool {
	if subject.Kind == rbacv1.GroupKind {
		return slices.Contains(c.groups, subject.Name)
	}
	return c.user != "" && c.user == tenancy.Username(subject)
}
