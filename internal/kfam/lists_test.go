package kfam

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

var (
	listedNames = []string{"ann@example.com", "ben@example.com", "carla@example.com"}
	listedRooms = []string{"a", "b"}
)

// listedRoom returns a Profile, and a namespace that the Profile with this UID owns.
func listedRoom(name string, uid types.UID, owner rbacv1.Subject) (*profilev1.Profile, *corev1.Namespace) {
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name, UID: uid}}
	p.Spec.Owner = owner
	return p, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{
		{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: name, UID: uid}}}}
}

// changeIndex does one thing to an index that may or may not change what it holds.
func changeIndex(t *rapid.T, index *access.Index) {
	name := rapid.SampledFrom(listedRooms).Draw(t, "room")
	uid := types.UID(rapid.SampledFrom([]string{"uid-1", "uid-2"}).Draw(t, "uid"))
	who := contributor.Contributor{Namespace: name, Kind: rapid.SampledFrom([]string{"User", "Group"}).Draw(t, "kind"),
		Name: rapid.SampledFrom(listedNames).Draw(t, "name"), Role: rapid.SampledFrom([]tenancy.Role{"admin", "edit"}).Draw(t, "role")}
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		p, _ := listedRoom(name, uid, rbacv1.Subject{Kind: who.Kind, Name: who.Name})
		index.PutProfile(p)
	case 1:
		index.DropProfile(name)
	case 2:
		_, namespace := listedRoom(name, uid, rbacv1.Subject{})
		index.PutNamespace(namespace)
	case 3:
		index.DropNamespace(name)
	case 4:
		_ = index.PutBinding(contributor.RoleBinding(who))
	case 5:
		index.DropBinding(name, contributor.ObjectName(who))
	}
}

// askers see different things, or the same on different grounds.
var askers = []access.Caller{
	{Kind: "User", Name: "ann@example.com"},
	{Kind: "User", Name: "ben@example.com"},
	{Kind: "User", Name: "ben@example.com", Groups: []string{"carla@example.com"}},
	{Kind: "User", Name: "ben@example.com", Admin: true},
	{TrustedDashboard: true},
}

var asked = []access.Query{{}, {User: "ben@example.com"}, {Namespace: "a"}, {Role: "edit"}}

// TestRememberedListsAreTheTrueOnes asks everything after every change.
func TestRememberedListsAreTheTrueOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(Options{})
		for _, name := range listedRooms {
			p, namespace := listedRoom(name, "uid-1", rbacv1.Subject{Kind: "User", Name: "ann@example.com"})
			s.Index.PutProfile(p)
			s.Index.PutNamespace(namespace)
		}
		for range rapid.IntRange(1, 20).Draw(t, "changes") {
			changeIndex(t, s.Index)
			for _, c := range askers {
				for _, query := range asked {
					mustBeTrue(t, s, c, query)
				}
			}
		}
	})
}

// mustBeTrue compares what may be remembered with what is not.
func mustBeTrue(t *rapid.T, s *Server, c access.Caller, query access.Query) {
	want, err := s.encodeList(new(lists), c, query)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.encodeList(&s.lists, c, query)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Fatalf("%+v asks %+v and is told what is not so (-want +got):\n%s", c, query, diff)
	}
}

// TestAListThatWasOvertakenIsNotRemembered has a change come while a list is made.
func TestAListThatWasOvertakenIsNotRemembered(t *testing.T) {
	index := access.NewIndex(access.Names{})
	p, _ := listedRoom("a", "uid-1", rbacv1.Subject{Kind: "User", Name: "ann@example.com"})
	c, remembered := access.Caller{Admin: true}, lists{}
	if _, err := remembered.encode(index, c, access.Query{}, func() bindings { index.PutProfile(p); return bindings{} }); err != nil {
		t.Fatal(err)
	}
	asked := false
	if _, err := remembered.encode(index, c, access.Query{}, func() bindings { asked = true; return bindings{} }); err != nil || !asked {
		t.Errorf("a list from before a change is given after it; %v", err)
	}
}

// TestAListIsMadeOncePerGeneration would notice that nothing is remembered.
func TestAListIsMadeOncePerGeneration(t *testing.T) {
	index := access.NewIndex(access.Names{})
	var remembered lists
	made := 0
	ask := func() {
		t.Helper()
		_, err := remembered.encode(index, access.Caller{Kind: "User", Name: "ann@example.com"}, access.Query{}, func() bindings { made++; return bindings{} })
		if err != nil {
			t.Fatal(err)
		}
	}
	guest := contributor.RoleBinding(contributor.Contributor{Namespace: "a", Kind: "User", Name: "ben@example.com", Role: "edit"})
	for _, step := range []struct {
		what   string
		change func()
		made   int
	}{
		{"the first time", func() {}, 1},
		{"the same again", func() {}, 1},
		{"after a change", func() { _ = index.PutBinding(guest) }, 2},
		{"after the same change", func() { _ = index.PutBinding(guest) }, 2},
		{"after it was taken back", func() { index.DropBinding("a", guest.Name) }, 3},
		{"after nothing was taken back", func() { index.DropBinding("a", guest.Name) }, 3},
	} {
		step.change()
		ask()
		if made != step.made {
			t.Errorf("%s: the list was made %d times, want %d", step.what, made, step.made)
		}
	}
}

// TestNobodyIsToldWhatWasRevoked has many ask while one binding comes and goes.
func TestNobodyIsToldWhatWasRevoked(t *testing.T) {
	index := access.NewIndex(access.Names{})
	p, namespace := listedRoom("a", "uid-1", rbacv1.Subject{Kind: "User", Name: "ann@example.com"})
	index.PutProfile(p)
	index.PutNamespace(namespace)
	s := New(Options{Index: index})
	guest := contributor.RoleBinding(contributor.Contributor{Namespace: "a", Kind: "User", Name: "ben@example.com", Role: "edit"})
	ask := func() string {
		content, err := s.encodeList(&s.lists, access.Caller{Admin: true}, access.Query{})
		if err != nil {
			t.Error(err)
		}
		return string(content)
	}
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					ask()
				}
			}
		})
	}
	for range 2000 {
		if err := index.PutBinding(guest); err != nil {
			t.Fatal(err)
		}
		if got := ask(); got == `{"bindings":[]}` {
			t.Fatal("what was granted is not listed")
		}
		index.DropBinding("a", guest.Name)
		if got := ask(); got != `{"bindings":[]}` {
			t.Fatalf("what was revoked is still listed: %s", got)
		}
	}
	close(stop)
	others.Wait()
}

// TestWhatClientsAskCannotFillTheMemory has one client ask about ever new namespaces.
func TestWhatClientsAskCannotFillTheMemory(t *testing.T) {
	var l lists
	index := access.NewIndex(access.Names{})
	most := 0
	for i := range 3 * longestMemory / 1024 {
		query := access.Query{Namespace: fmt.Sprintf("%01000d", i)}
		if _, err := l.encode(index, access.Caller{Name: "mallory"}, query, func() bindings { return bindings{} }); err != nil {
			t.Fatal(err)
		}
		most = max(most, 1000*len(l.known))
	}
	if most > longestMemory || most < longestMemory/2 {
		t.Errorf("lists for %d bytes of questions are remembered, want at most %d and not next to none", most, longestMemory)
	}
	l.remember(0, question{name: "huge"}, make([]byte, longestMemory))
	if _, known := l.recall(0, question{name: "huge"}); known {
		t.Error("a list longer than all that may be remembered is remembered")
	}
}
