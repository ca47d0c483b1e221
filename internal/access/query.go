package access

import (
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Query asks for bindings. What is empty is not asked for.
type Query struct {
	// User is the name of a user or of a group.
	User string
	// Namespace is the name of a namespace.
	Namespace string
	// Role is one of the three roles.
	Role tenancy.Role
}

// List returns the bindings that the query asks for in namespaces that a Profile owns, in a
// fixed order and each contributor once. It is never nil.
func (x *Index) List(q Query) []Binding {
	found := x.find(q)
	// The same contributor may have two RoleBindings: one of an older name, or one of the
	// owner's. The first in the order is the one that says most.
	return slices.CompactFunc(found, func(one, other Binding) bool { return one.Contributor == other.Contributor })
}

func (x *Index) find(q Query) []Binding {
	x.mu.RLock()
	defer x.mu.RUnlock()
	found := []Binding{}
	switch {
	case q.User != "":
		found = x.appendOfUser(found, q)
		slices.SortFunc(found, inOrder)
	case q.Namespace != "":
		found = appendOfRoom(found, x.rooms[q.Namespace], q.Role)
	default:
		// One namespace after the other is several times quicker than sorting all at once.
		for _, namespace := range slices.Sorted(maps.Keys(x.rooms)) {
			found = appendOfRoom(found, x.rooms[namespace], q.Role)
		}
	}
	return found
}

func (x *Index) appendOfUser(found []Binding, q Query) []Binding {
	keys := x.users[x.names.Key(q.User)]
	found = slices.Grow(found, len(keys))
	for _, key := range keys {
		r := x.rooms[key.namespace]
		b := r.bindings[key.object]
		fits := (q.Namespace == "" || q.Namespace == b.Namespace) && (q.Role == "" || q.Role == b.Role)
		if fits && x.named(b, q.User) && r.standing() == Owned {
			found = append(found, b)
		}
	}
	return found
}

// named tells whether the name is the binding's. Users and groups share a list in which
// letter case may be lost, and that is never so for groups.
func (x *Index) named(b Binding, name string) bool {
	return b.Name == name || (b.Kind == rbacv1.UserKind && x.names.Same(b.Name, name))
}

func appendOfRoom(found []Binding, r *room, role tenancy.Role) []Binding {
	if r == nil || len(r.bindings) == 0 || r.standing() != Owned {
		return found
	}
	from := len(found)
	for _, b := range r.bindings {
		if role == "" || role == b.Role {
			found = append(found, b)
		}
	}
	slices.SortFunc(found[from:], inOrder)
	return found
}

// inOrder puts the bindings of one contributor next to each other, the owner's and the
// declared ones first.
func inOrder(one, other Binding) int {
	switch {
	case one.Namespace != other.Namespace:
		return strings.Compare(one.Namespace, other.Namespace)
	case one.Kind != other.Kind:
		return strings.Compare(one.Kind, other.Kind)
	case one.Name != other.Name:
		return strings.Compare(one.Name, other.Name)
	case one.Role != other.Role:
		return strings.Compare(string(one.Role), string(other.Role))
	case one.Source != other.Source:
		return int(other.Source) - int(one.Source)
	default:
		return strings.Compare(one.Object, other.Object)
	}
}

// Room returns what the decisions about a namespace need.
func (x *Index) Room(namespace string) Room {
	x.mu.RLock()
	defer x.mu.RUnlock()
	found := Room{Namespace: namespace}
	r := x.rooms[namespace]
	if r == nil {
		return found
	}
	found.Standing = r.standing()
	if found.Standing == Owned {
		found.Owner = r.profile.owner
	}
	found.Bindings = slices.SortedFunc(maps.Values(r.bindings), inOrder)
	return found
}

// Standing tells what a namespace is to Profiles.
func (x *Index) Standing(namespace string) Standing {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if r := x.rooms[namespace]; r != nil {
		return r.standing()
	}
	return Unowned
}

// RegisteredProfile is what is known of a Profile, whether or not it owns its namespace.
type RegisteredProfile struct {
	// Name is that of the Profile.
	Name string
	// UID tells it from others that had or will have its name.
	UID types.UID
	// Owner is the owner that it names.
	Owner rbacv1.Subject
}

// Profile returns what is known of a Profile, and false when there is none.
func (x *Index) Profile(name string) (RegisteredProfile, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if r := x.rooms[name]; r != nil && r.profile != nil {
		return RegisteredProfile{Name: name, UID: r.profile.uid, Owner: r.profile.owner}, true
	}
	return RegisteredProfile{}, false
}

// ProfilesOf counts the Profiles whose owner this is, those included that own no namespace:
// they count against the owner's limit until they are deleted.
func (x *Index) ProfilesOf(owner rbacv1.Subject) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	count := 0
	for _, r := range x.rooms {
		if r.profile != nil && x.names.sameOwner(r.profile.owner, owner) {
			count++
		}
	}
	return count
}

// Size is how much an Index holds.
type Size struct {
	// Profiles counts those that own no namespace, too.
	Profiles int
	// Bindings counts those of owners, too, and those in namespaces that no Profile owns.
	Bindings int
}

// Size counts what the Index holds.
func (x *Index) Size() Size {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var size Size
	for _, r := range x.rooms {
		if r.profile != nil {
			size.Profiles++
		}
		size.Bindings += len(r.bindings)
	}
	return size
}

func (n Names) sameOwner(one, other rbacv1.Subject) bool {
	switch one.Kind {
	case rbacv1.UserKind:
		return other.Kind == rbacv1.UserKind && n.Same(one.Name, other.Name)
	case rbacv1.ServiceAccountKind:
		return other.Kind == rbacv1.ServiceAccountKind && one.Name == other.Name && one.Namespace == other.Namespace
	default:
		return one.Kind == other.Kind && one.Name == other.Name
	}
}

// sameContributor tells whether two contributors are one, if names of users compare as names says.
func (n Names) sameContributor(one, other contributor.Contributor) bool {
	if one.Kind == rbacv1.UserKind && n.Same(one.Name, other.Name) {
		other.Name = one.Name
	}
	return one == other
}
