package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// TestTheOwnersBindingIsListedAsAdmin is what the dashboard polls for after a registration.
func TestTheOwnersBindingIsListedAsAdmin(t *testing.T) {
	want := []Binding{{Contributor: guestOf("team-a", "alice@example.com", "admin"), Object: "namespaceAdmin", Source: Owner}}
	x := ownedRoom()
	for _, q := range []Query{{User: "alice@example.com"}, {Namespace: "team-a"}, {User: "alice@example.com", Namespace: "team-a", Role: "admin"}} {
		if diff := cmp.Diff(want, x.List(q)); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
	}
	if got := x.List(Query{User: "alice@example.com", Role: "edit"}); got == nil || len(got) != 0 {
		t.Errorf("what is not there is %#v; it must be empty and not nil", got)
	}
}

func TestAContributorWithTwoRoleBindingsIsListedOnce(t *testing.T) {
	old := contributor.RoleBinding(guestOf("team-a", "vic", "edit"))
	old.Name = "a-old"
	declared := contributor.RoleBinding(guestOf("team-a", "vic", "edit"))
	contributor.MarkDeclared(declared)
	got := ownedRoom(old, declared).List(Query{User: "vic"})
	if len(got) != 1 || got[0].Source != Declared {
		t.Errorf("got %+v, want the declared one alone", got)
	}
}

// TestOneMalformedRoleBindingBreaksNobodysList has a tenant poison a namespace.
func TestOneMalformedRoleBindingBreaksNobodysList(t *testing.T) {
	poison := contributor.RoleBinding(guestOf("team-a", "vic", "edit"))
	poison.Name = "poison"
	poison.Subjects = append(poison.Subjects, user("mallory"))
	x := ownedRoom(contributor.RoleBinding(guestOf("team-a", "vic", "view")), poison)
	got := x.List(Query{User: "vic"})
	if len(got) != 1 || got[0].Role != tenancy.RoleView {
		t.Errorf("vic has %+v", got)
	}
	if got := x.List(Query{User: "mallory"}); len(got) != 0 {
		t.Errorf("mallory has %+v", got)
	}
}

func TestStandingOfANamespace(t *testing.T) {
	claimed := namespaceOf("team-a", "gone")
	claimed.OwnerReferences, claimed.Annotations = nil, map[string]string{"owner": "alice"}
	foreign := namespaceOf("team-a", "uid-a")
	foreign.OwnerReferences[0].APIVersion = "other.org/v1"
	tests := map[string]struct {
		fill func(*Index)
		want Standing
	}{
		"the Profile's own":               {func(x *Index) { x.PutNamespace(namespaceOf("team-a", "uid-a")) }, Owned},
		"of an earlier Profile":           {func(x *Index) { x.PutNamespace(namespaceOf("team-a", "gone")) }, Unowned},
		"of another kind of the same UID": {func(x *Index) { x.PutNamespace(foreign) }, Unowned},
		"claimed by annotation only":      {func(x *Index) { x.PutNamespace(claimed) }, Unowned},
		"no namespace":                    {func(*Index) {}, Unowned},
		"Profile gone":                    {func(x *Index) { x.PutNamespace(namespaceOf("team-a", "uid-a")); x.DropProfile("team-a") }, Orphaned},
		"Profile gone, reference too":     {func(x *Index) { x.PutNamespace(claimed); x.DropProfile("team-a") }, Orphaned},
		"never anybody's": {func(x *Index) {
			n := namespaceOf("team-a", "x")
			n.OwnerReferences = nil
			x.PutNamespace(n)
			x.DropProfile("team-a")
		}, Unowned},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			x := NewIndex(Names{})
			x.PutProfile(profileOf("team-a", "uid-a", user("alice")))
			test.fill(x)
			if got := x.Standing("team-a"); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if room := x.Room("team-a"); (room.Owner == rbacv1.Subject{}) == (test.want == Owned) {
				t.Errorf("standing %v with the owner %v", room.Standing, room.Owner)
			}
		})
	}
}

// TestTheCacheKeepsOnlyWhatIsRead strips objects and has the Index read the rest.
func TestTheCacheKeepsOnlyWhatIsRead(t *testing.T) {
	binding := contributor.RoleBinding(guestOf("team-a", "vic", "edit"))
	contributor.MarkDeclared(binding)
	binding.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "x"}}
	binding.Annotations["note"] = "long"
	unrelated := binding.DeepCopy()
	unrelated.Name, unrelated.Annotations = "unrelated", nil
	namespace := namespaceOf("team-a", "uid-a")
	namespace.Annotations = map[string]string{"owner": "alice", "note": "long"}
	profile := profileOf("team-a", "uid-a", user("alice"))

	x := NewIndex(Names{})
	for _, o := range []any{binding, unrelated, namespace, profile} {
		kept, err := strip(o)
		if err != nil {
			t.Fatal(err)
		}
		x.put(kept)
	}
	want := []Binding{{Contributor: guestOf("team-a", "vic", "edit"), Object: binding.Name, Source: Declared}}
	if diff := cmp.Diff(want, x.List(Query{})); diff != "" {
		t.Error(diff)
	}
	if binding.ManagedFields != nil || binding.Annotations["note"] != "" || namespace.Annotations["note"] != "" || len(unrelated.Subjects) > 0 {
		t.Error("something was kept that nobody reads")
	}
	if got, ok := x.Profile("team-a"); !ok || got != (RegisteredProfile{Name: "team-a", UID: "uid-a", Owner: user("alice")}) {
		t.Errorf("the Profile is %+v", got)
	}
	if _, ok := x.Profile("team-b"); ok {
		t.Error("there is a Profile that nobody made")
	}
}
