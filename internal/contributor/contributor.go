package contributor

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Contributor is one user or group with one role in one Profile's namespace. It is
// comparable: equal values mean the same contributor.
type Contributor struct {
	// Namespace is the Profile's namespace, and so also the Profile's name.
	Namespace string
	// Kind is User or Group.
	Kind string
	// Name is the user's or group's name as the cluster knows it, without the prefix that
	// the gateway puts in front of it.
	Name string
	// Role is admin, edit or view.
	Role tenancy.Role
}

// longestName is what a Profile allows for its owner's name, in bytes.
const longestName = 1024

// Check reports why c cannot be a contributor, or nil. A '*' is refused because the mesh
// would read it as a pattern: one that got through would admit everybody.
func (c Contributor) Check() error {
	if c.Kind != rbacv1.UserKind && c.Kind != rbacv1.GroupKind {
		return fmt.Errorf("the kind of a contributor must be User or Group, not %q", c.Kind)
	}
	if _, known := c.Role.ClusterRole(); !known {
		return fmt.Errorf("the role of a contributor must be admin, edit or view, not %q", string(c.Role))
	}
	switch {
	case c.Name == "":
		return errors.New("the name of a contributor must not be empty")
	case len(c.Name) > longestName:
		return fmt.Errorf("the name of a contributor must have at most %d bytes", longestName)
	case !utf8.ValidString(c.Name):
		return errors.New("the name of a contributor must be valid UTF-8")
	case strings.TrimSpace(c.Name) != c.Name:
		return errors.New("the name of a contributor must not begin or end with white space")
	case strings.Contains(c.Name, "*"):
		return errors.New("the name of a contributor must not contain '*', which the mesh would read as a pattern")
	case strings.ContainsFunc(c.Name, unicode.IsControl):
		return errors.New("the name of a contributor must not contain control characters")
	}
	return nil
}
