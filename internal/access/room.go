package access

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Standing is what a namespace is to Profiles.
type Standing int

const (
	// Unowned means that no Profile owns the namespace, or there is none. A Profile of the same name
	// changes nothing about that, since anybody may register one.
	Unowned Standing = iota
	// Owned means that the namespace refers, by UID, to the living Profile of its name.
	Owned
	// Orphaned means that the namespace was a Profile's, and no Profile of its name lives any more.
	Orphaned
)

// Source tells where a binding comes from, and so where it can be taken back.
type Source int

const (
	// Granted means that somebody granted it. It can be revoked.
	Granted Source = iota
	// Declared means that it is in the Profile's spec.contributors.
	Declared
	// Owner means that it is the owner's own and follows spec.owner.
	Owner
)

// Binding is one contributor as the cluster has it, or the owner, who counts as an admin.
type Binding struct {
	contributor.Contributor
	// Object is the name of the RoleBinding.
	Object string
	// Source tells where the binding comes from.
	Source Source
}

// readBinding returns what a RoleBinding says, or why it says nothing.
func readBinding(object *rbacv1.RoleBinding) (Binding, error) {
	c, err := contributor.Read(object)
	if err != nil {
		return Binding{}, err
	}
	b := Binding{Contributor: c, Object: object.Name}
	switch {
	case object.Name == tenancy.OwnerRoleBinding:
		b.Source = Owner
	case contributor.Declared(object):
		b.Source = Declared
	}
	return b, nil
}

func (b Binding) subject() rbacv1.Subject { return rbacv1.Subject{Kind: b.Kind, Name: b.Name} }

// Room is one namespace as the decisions need it.
type Room struct {
	// Namespace is the namespace's name.
	Namespace string
	// Standing tells whether a Profile owns it.
	Standing Standing
	// Owner is the owner of the Profile that owns it; empty unless Standing is Owned.
	Owner rbacv1.Subject
	// Bindings are all that the namespace holds, whatever its standing.
	Bindings []Binding
}

// ownedBy tells whether the caller is the owner, or of the owning group.
func (r Room) ownedBy(c Caller, names Names) bool {
	return r.Standing == Owned && names.is(c, r.Owner)
}

// bound tells whether the caller has a binding that fits.
func (r Room) bound(c Caller, names Names, fits func(Binding) bool) bool {
	return slices.ContainsFunc(r.Bindings, func(b Binding) bool { return fits(b) && names.is(c, b.subject()) })
}
