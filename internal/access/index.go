package access

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Index holds what the answers need of Profiles, namespaces and RoleBindings, by namespace
// and by user. It is told of each object as it changes, in any order; what follows from
// several objects together, such as whether a Profile owns a namespace, is worked out when
// somebody asks. It may be used by many at the same time.
type Index struct {
	names Names

	// generation counts changes. It is written with mu held and may be read without.
	generation atomic.Uint64

	mu    sync.RWMutex
	rooms map[string]*room
	// users has the bindings of each user and group, by folded name.
	users map[string][]bindingKey
}

// room is what is known about one name: a Profile, a namespace and its bindings.
type room struct {
	profile   *profileFacts
	namespace *namespaceFacts
	// bindings are by the name of the RoleBinding.
	bindings map[string]Binding
}

type profileFacts struct {
	uid   types.UID
	owner rbacv1.Subject
}

type namespaceFacts struct {
	// profileUIDs are those of the references to a Profile of the namespace's name.
	profileUIDs []types.UID
	// claimed tells that the namespace names an owner, as all namespaces of Profiles do.
	claimed bool
}

func (f *namespaceFacts) equal(other *namespaceFacts) bool {
	return f.claimed == other.claimed && slices.Equal(f.profileUIDs, other.profileUIDs)
}

type bindingKey struct{ namespace, object string }

// NewIndex returns an empty Index in which names of users compare as names says.
func NewIndex(names Names) *Index {
	return &Index{names: names, rooms: map[string]*room{}, users: map[string][]bindingKey{}}
}

// PutProfile notes that a Profile exists and what it says.
func (x *Index) PutProfile(p *profilev1.Profile) {
	facts := profileFacts{uid: p.UID, owner: p.Spec.Owner}
	x.change(p.Name, func(r *room) (changed bool) {
		changed = r.profile == nil || *r.profile != facts
		r.profile = &facts
		return changed
	})
}

// DropProfile notes that no Profile of this name exists.
func (x *Index) DropProfile(name string) {
	x.change(name, func(r *room) (changed bool) {
		changed = r.profile != nil
		r.profile = nil
		return changed
	})
}

// PutNamespace notes that a namespace exists and what it says.
func (x *Index) PutNamespace(n *corev1.Namespace) {
	facts := factsOf(n)
	x.change(n.Name, func(r *room) (changed bool) {
		changed = r.namespace == nil || !r.namespace.equal(facts)
		r.namespace = facts
		return changed
	})
}

// DropNamespace notes that no namespace of this name exists.
func (x *Index) DropNamespace(name string) {
	x.change(name, func(r *room) (changed bool) {
		changed = r.namespace != nil
		r.namespace = nil
		return changed
	})
}

// PutBinding notes that a RoleBinding exists and what it says. The error tells why it counts
// as nobody's binding; it is of no consequence for others.
func (x *Index) PutBinding(object *rbacv1.RoleBinding) error {
	b, err := readBinding(object)
	if err != nil {
		x.DropBinding(object.Namespace, object.Name)
		return err
	}
	x.change(b.Namespace, func(r *room) (changed bool) {
		before, there := r.bindings[b.Object]
		if there && before == b {
			return false
		}
		if there {
			x.forget(before)
		}
		if r.bindings == nil {
			r.bindings = map[string]Binding{}
		}
		r.bindings[b.Object] = b
		key := x.names.Key(b.Name)
		x.users[key] = append(x.users[key], bindingKey{b.Namespace, b.Object})
		return true
	})
	return nil
}

// DropBinding notes that no RoleBinding of this name exists.
func (x *Index) DropBinding(namespace, name string) {
	x.change(namespace, func(r *room) (changed bool) {
		before, there := r.bindings[name]
		if there {
			x.forget(before)
			delete(r.bindings, name)
		}
		return there
	})
}

// Generation is a number that is another one after each change of what the Index holds. What
// was asked after a generation was read is still the answer for as long as that is the
// generation.
func (x *Index) Generation() uint64 { return x.generation.Load() }

// change has do change one room and tell whether it did, and keeps no room of which nothing is
// known.
func (x *Index) change(name string, do func(*room) (changed bool)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rooms[name]
	if r == nil {
		r = &room{}
	}
	if do(r) {
		x.generation.Add(1)
	}
	if r.profile == nil && r.namespace == nil && len(r.bindings) == 0 {
		delete(x.rooms, name)
		return
	}
	x.rooms[name] = r
}

// forget takes a binding out of its user's list.
func (x *Index) forget(b Binding) {
	key := x.names.Key(b.Name)
	left := slices.DeleteFunc(x.users[key], func(k bindingKey) bool { return k == bindingKey{b.Namespace, b.Object} })
	if len(left) == 0 {
		delete(x.users, key)
		return
	}
	x.users[key] = left
}

func factsOf(n *corev1.Namespace) *namespaceFacts {
	facts := &namespaceFacts{}
	_, facts.claimed = n.Annotations[tenancy.OwnerAnnotation]
	for _, o := range n.OwnerReferences {
		if isProfileOf(n.Name, o) {
			facts.profileUIDs = append(facts.profileUIDs, o.UID)
		}
	}
	return facts
}

func isProfileOf(namespace string, o metav1.OwnerReference) bool {
	group, _, _ := strings.Cut(o.APIVersion, "/")
	return group == profilev1.GroupVersion.Group && o.Kind == "Profile" && o.Name == namespace && o.UID != ""
}

func (r *room) standing() Standing {
	switch {
	case r.namespace == nil:
		return Unowned
	case r.profile != nil && slices.Contains(r.namespace.profileUIDs, r.profile.uid):
		return Owned
	case r.profile == nil && (r.namespace.claimed || len(r.namespace.profileUIDs) > 0):
		return Orphaned
	default:
		return Unowned
	}
}
