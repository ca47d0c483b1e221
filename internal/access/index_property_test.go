package access

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// world is what a cluster holds: the simplest model there is of what the Index follows.
type world struct {
	profiles   map[string]*profilev1.Profile
	namespaces map[string]*corev1.Namespace
	bindings   map[string]*rbacv1.RoleBinding
}

// list answers a query by looking at everything.
func (w world) list(q Query, names Names) []Binding {
	found := []Binding{}
	seen := map[contributor.Contributor]bool{}
	var all []Binding
	for _, object := range w.bindings {
		if b, err := readBinding(object); err == nil {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, inOrder)
	for _, b := range all {
		p, n := w.profiles[b.Namespace], w.namespaces[b.Namespace]
		owned := p != nil && n != nil && slices.ContainsFunc(n.OwnerReferences, func(o metav1.OwnerReference) bool {
			return o.UID == p.UID && o.Kind == "Profile" && o.APIVersion == "kubeflow.org/v1" && o.Name == n.Name
		})
		sameUser := q.User == b.Name || (b.Kind == "User" && names.Same(q.User, b.Name))
		if owned && !seen[b.Contributor] && (q.User == "" || sameUser) &&
			(q.Namespace == "" || q.Namespace == b.Namespace) && (q.Role == "" || q.Role == b.Role) {
			seen[b.Contributor] = true
			found = append(found, b)
		}
	}
	return found
}

var (
	someNamespaces = rapid.SampledFrom([]string{"a", "b", "kube-system"})
	someUIDs       = rapid.SampledFrom([]string{"1", "2"})
	someUsers      = rapid.SampledFrom([]string{"u", "U", "v", "g"})
	someRoles      = rapid.SampledFrom([]tenancy.Role{"admin", "edit", "view"})
	someKinds      = rapid.SampledFrom([]string{"User", "Group", "ServiceAccount"})
)

func drawNamespace(t *rapid.T) *corev1.Namespace {
	n := namespaceOf(someNamespaces.Draw(t, "namespace"), someUIDs.Draw(t, "uid"))
	switch rapid.IntRange(0, 4).Draw(t, "reference") {
	case 0:
		n.OwnerReferences[0].Kind = "Other"
	case 1:
		n.OwnerReferences[0].Name = "other"
	case 2:
		n.OwnerReferences = nil
	}
	return n
}

func drawBinding(t *rapid.T) *rbacv1.RoleBinding {
	b := contributor.RoleBinding(contributor.Contributor{
		Namespace: someNamespaces.Draw(t, "namespace"), Kind: someKinds.Draw(t, "kind"),
		Name: someUsers.Draw(t, "user"), Role: someRoles.Draw(t, "role")})
	// A few object names only, so that one object says now this and now that.
	b.Name = rapid.SampledFrom([]string{"x", "y", "z", tenancy.OwnerRoleBinding}).Draw(t, "object")
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		contributor.MarkDeclared(b)
	case 1:
		b.Subjects = append(b.Subjects, b.Subjects[0])
	case 2:
		b.Annotations["user"] = "victim"
	}
	return b
}

// TestTheIndexEqualsAFreshScan feeds events in any order, with repetitions and deletions of
// what never was, and compares every answer with one that looks at everything.
func TestTheIndexEqualsAFreshScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := Names{rapid.SampledFrom([]tenancy.Names{tenancy.ExactNames, tenancy.EmailsIgnoreCase}).Draw(t, "names")}
		x := NewIndex(names)
		w := world{map[string]*profilev1.Profile{}, map[string]*corev1.Namespace{}, map[string]*rbacv1.RoleBinding{}}
		events := map[string]func(*rapid.T){
			"put profile": func(t *rapid.T) {
				p := profileOf(someNamespaces.Draw(t, "profile"), someUIDs.Draw(t, "uid"), user(someUsers.Draw(t, "owner")))
				w.profiles[p.Name] = p
				x.put(p)
			},
			"drop profile": func(t *rapid.T) {
				name := someNamespaces.Draw(t, "profile")
				delete(w.profiles, name)
				x.drop(profileOf(name, "1", user("u")))
			},
			"put namespace": func(t *rapid.T) {
				n := drawNamespace(t)
				w.namespaces[n.Name] = n
				x.put(n)
			},
			"drop namespace": func(t *rapid.T) {
				n := drawNamespace(t)
				delete(w.namespaces, n.Name)
				x.drop(n)
			},
			"put binding": func(t *rapid.T) {
				b := drawBinding(t)
				w.bindings[b.Namespace+"/"+b.Name] = b
				for range rapid.IntRange(1, 2).Draw(t, "times") {
					x.put(b)
				}
			},
			"drop binding": func(t *rapid.T) {
				b := drawBinding(t)
				delete(w.bindings, b.Namespace+"/"+b.Name)
				x.drop(b)
			},
		}
		events[""] = func(t *rapid.T) { compare(t, x, w, names) }
		t.Repeat(events)
		empty(t, x, w)
	})
}

func compare(t *rapid.T, x *Index, w world, names Names) {
	queries := []Query{{}, {Role: "admin"}, {Namespace: "a"}, {Namespace: "kube-system", Role: "view"}}
	for _, name := range []string{"u", "U", "g", "victim"} {
		queries = append(queries, Query{User: name}, Query{User: name, Namespace: "b"}, Query{User: name, Role: "edit"})
	}
	for _, q := range queries {
		if diff := cmp.Diff(w.list(q, names), x.List(q)); diff != "" {
			t.Fatalf("%+v (-scan +index):\n%s", q, diff)
		}
	}
	for _, name := range []string{"u", "v"} {
		want := 0
		for _, p := range w.profiles {
			if names.Same(p.Spec.Owner.Name, name) {
				want++
			}
		}
		if got := x.ProfilesOf(user(name)); got != want {
			t.Fatalf("%s has %d Profiles, want %d", name, got, want)
		}
	}
}

// empty takes everything away again: nothing may be left, or the Index grows forever.
func empty(t *rapid.T, x *Index, w world) {
	for name := range w.profiles {
		x.DropProfile(name)
	}
	for name := range w.namespaces {
		x.DropNamespace(name)
	}
	for _, b := range w.bindings {
		x.DropBinding(b.Namespace, b.Name)
	}
	if len(x.rooms) > 0 || len(x.users) > 0 {
		t.Fatalf("rooms %v and users %v are left", slices.Collect(maps.Keys(x.rooms)), slices.Collect(maps.Keys(x.users)))
	}
}

// TestTheIndexMayBeUsedByManyAtOnce is for the race detector.
func TestTheIndexMayBeUsedByManyAtOnce(t *testing.T) {
	x := ownedRoom()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				guest := contributor.RoleBinding(guestOf("team-a", fmt.Sprint("u", i, "-", j), "view"))
				_ = x.PutBinding(guest)
				if len(x.List(Query{User: guest.Subjects[0].Name})) != 1 || len(x.Room("team-a").Bindings) == 0 {
					t.Error("what was put is not listed")
				}
				x.DropBinding("team-a", guest.Name)
			}
		})
	}
	all.Wait()
	if got := x.List(Query{}); len(got) != 1 {
		t.Errorf("left are %v", got)
	}
}
