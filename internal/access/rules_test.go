package access

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func TestWhoMayManageANamespace(t *testing.T) {
	bindings := []Binding{
		{Contributor: guestOf("team-a", "ada@example.com", "admin")},
		{Contributor: guestOf("team-a", "edi@example.com", "edit")},
		{Contributor: contributor.Contributor{Namespace: "team-a", Kind: "Group", Name: "leads", Role: "admin"}},
	}
	owned := Room{Namespace: "team-a", Standing: Owned, Owner: user("alice@example.com"), Bindings: bindings}
	ofGroup := Room{Namespace: "team-a", Standing: Owned, Owner: group("science")}
	ofMachine := Room{Namespace: "team-a", Standing: Owned, Owner: rbacv1.Subject{Kind: "ServiceAccount", Name: "bot", Namespace: "ci"}}
	orphaned := Room{Namespace: "team-a", Standing: Orphaned, Bindings: bindings}
	unowned := Room{Namespace: "kube-system", Bindings: bindings}
	squatted := Room{Namespace: "kube-system", Owner: user("mallory")}
	tests := map[string]struct {
		caller        Caller
		room          Room
		grant, revoke string
	}{
		"the owner":                             {Caller{Kind: "User", Name: "alice@example.com"}, owned, ReasonOwner, ReasonOwner},
		"the owner in other letter case":        {Caller{Kind: "User", Name: "Alice@example.com"}, owned, ReasonNotAdmin, ReasonNotAdmin},
		"an admin of the namespace":             {Caller{Kind: "User", Name: "ada@example.com"}, owned, ReasonNamespaceAdmin, ReasonNamespaceAdmin},
		"one of a group that is admin":          {Caller{Kind: "User", Name: "lea", Groups: []string{"x", "leads"}}, owned, ReasonNamespaceAdmin, ReasonNamespaceAdmin},
		"a contributor who may edit":            {Caller{Kind: "User", Name: "edi@example.com"}, owned, ReasonNotAdmin, ReasonNotAdmin},
		"a stranger":                            {Caller{Kind: "User", Name: "mallory"}, owned, ReasonNotAdmin, ReasonNotAdmin},
		"a user named like the admin group":     {Caller{Kind: "User", Name: "leads"}, owned, ReasonNotAdmin, ReasonNotAdmin},
		"a group named like the owner":          {Caller{Kind: "User", Name: "m", Groups: []string{"alice@example.com"}}, owned, ReasonNotAdmin, ReasonNotAdmin},
		"a cluster admin":                       {Caller{Kind: "User", Name: "root", Admin: true}, owned, ReasonClusterAdmin, ReasonClusterAdmin},
		"nobody":                                {Caller{}, owned, ReasonAnonymous, ReasonAnonymous},
		"the dashboard without a user":          {Caller{TrustedDashboard: true}, owned, ReasonAnonymous, ReasonAnonymous},
		"one of the owning group":               {Caller{Kind: "User", Name: "sue", Groups: []string{"science"}}, ofGroup, ReasonOwner, ReasonOwner},
		"a user named like the owning group":    {Caller{Kind: "User", Name: "science"}, ofGroup, ReasonNotAdmin, ReasonNotAdmin},
		"the owning service account":            {Caller{Kind: "ServiceAccount", Name: "system:serviceaccount:ci:bot"}, ofMachine, ReasonOwner, ReasonOwner},
		"a user who took the account's name":    {Caller{Kind: "User", Name: "system:serviceaccount:ci:bot"}, ofMachine, ReasonNotAdmin, ReasonNotAdmin},
		"a namespace admin, Profile gone":       {Caller{Kind: "User", Name: "ada@example.com"}, orphaned, ReasonNamespaceAdmin, ReasonNamespaceAdmin},
		"a cluster admin, Profile gone":         {Caller{Kind: "User", Name: "root", Admin: true}, orphaned, ReasonClusterAdmin, ReasonClusterAdmin},
		"the former owner, binding gone":        {Caller{Kind: "User", Name: "alice@example.com"}, orphaned, ReasonNotAdmin, ReasonNotAdmin},
		"a cluster admin where no Profile owns": {Caller{Kind: "User", Name: "root", Admin: true}, unowned, ReasonNoProfile, ReasonClusterAdmin},
		"who registered a Profile of that name": {Caller{Kind: "User", Name: "mallory"}, squatted, ReasonNotAdmin, ReasonNotAdmin},
		"a namespace admin there":               {Caller{Kind: "User", Name: "ada@example.com"}, unowned, ReasonNoProfile, ReasonNamespaceAdmin},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			grant, revoke := Rules{}.MayGrant(test.caller, test.room), Rules{}.MayRevoke(test.caller, test.room)
			if grant.Reason != test.grant || revoke.Reason != test.revoke {
				t.Errorf("grant: %s, revoke: %s; want %s, %s", grant.Reason, revoke.Reason, test.grant, test.revoke)
			}
			checkDecision(t, grant)
			checkDecision(t, revoke)
		})
	}
}

// checkDecision holds every decision to what its reader expects of it.
func checkDecision(t *testing.T, d Decision) {
	t.Helper()
	grounds := []string{ReasonClusterAdmin, ReasonOwner, ReasonNamespaceAdmin, ReasonMember, ReasonSelf, ReasonDashboard}
	allowing := strings.Contains(" "+strings.Join(grounds, " ")+" ", " "+d.Reason+" ")
	if allowing != d.Allowed() {
		t.Errorf("the reason %q goes with the refusal %v", d.Reason, d.Refusal)
	}
	if !d.Allowed() && !strings.HasSuffix(d.Refusal.Message, ".") {
		t.Errorf("the refusal is no sentence: %q", d.Refusal.Message)
	}
}

// TestNameSquattingGivesNothing registers a Profile for a namespace of the system. The
// controller refuses it, and the namespace never refers to it.
func TestNameSquattingGivesNothing(t *testing.T) {
	mallory := Caller{Kind: "User", Name: "mallory"}
	for name, namespace := range map[string]string{"a namespace of the system": "kube-system", "somebody's old namespace": "prod"} {
		t.Run(name, func(t *testing.T) {
			x := NewIndex(Names{})
			foreign := namespaceOf(namespace, "uid-of-another")
			foreign.OwnerReferences[0].APIVersion = "example.com/v1"
			x.PutNamespace(foreign)
			x.PutProfile(profileOf(namespace, "uid-of-another", user("mallory")))
			if err := x.PutBinding(contributor.RoleBinding(guestOf(namespace, "victim", "edit"))); err != nil {
				t.Fatal(err)
			}
			if got := x.Standing(namespace); got != Unowned {
				t.Errorf("the standing is %v", got)
			}
			if d := (Rules{}).MayGrant(mallory, x.Room(namespace)); d.Allowed() {
				t.Errorf("allowed as %s", d.Reason)
			}
			if d := (Rules{}).MayRevoke(mallory, x.Room(namespace)); d.Allowed() {
				t.Errorf("may revoke as %s", d.Reason)
			}
			if got := x.List(Query{}); len(got) != 0 {
				t.Errorf("bindings are listed: %v", got)
			}
		})
	}
}

func TestWhoMayReadABinding(t *testing.T) {
	x := ownedRoom(contributor.RoleBinding(guestOf("team-a", "vic", "view")), contributor.RoleBinding(guestOf("team-a", "edi", "edit")))
	x.PutProfile(profileOf("team-b", "uid-b", user("bob")))
	x.PutNamespace(namespaceOf("team-b", "uid-b"))
	_ = x.PutBinding(contributor.RoleBinding(guestOf("team-b", "vic", "edit")))
	_ = x.PutBinding(contributor.RoleBinding(guestOf("team-b", "zoe", "view")))
	tests := map[string]struct {
		caller Caller
		want   []string
	}{
		"a member sees both namespaces":     {Caller{Name: "vic"}, []string{"team-a alice@example.com", "team-a edi", "team-a vic", "team-b vic", "team-b zoe"}},
		"a member of one":                   {Caller{Name: "zoe"}, []string{"team-b vic", "team-b zoe"}},
		"an owner without a binding":        {Caller{Name: "bob"}, []string{"team-b vic", "team-b zoe"}},
		"a stranger":                        {Caller{Name: "mallory"}, nil},
		"nobody":                            {Caller{}, nil},
		"an admin":                          {Caller{Admin: true}, []string{"team-a alice@example.com", "team-a edi", "team-a vic", "team-b vic", "team-b zoe"}},
		"the dashboard":                     {Caller{TrustedDashboard: true}, []string{"team-a alice@example.com", "team-a edi", "team-a vic", "team-b vic", "team-b zoe"}},
		"a group that nobody is bound as":   {Caller{Name: "m", Groups: []string{"vic"}}, nil},
		"a member in the wrong letter case": {Caller{Name: "ZOE"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, b := range (Rules{}).Visible(test.caller, x.List(Query{}), x.Room) {
				got = append(got, b.Namespace+" "+b.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if asks := (Rules{}).MayList(test.caller); asks.Allowed() == (name == "nobody") {
				t.Errorf("may list: %+v", asks)
			}
		})
	}
}

func TestWhoMayDeleteAProfile(t *testing.T) {
	tests := map[string]struct {
		caller Caller
		owner  rbacv1.Subject
		want   string
	}{
		"the owner":               {Caller{Name: "alice"}, user("alice"), ReasonOwner},
		"one of the owning group": {Caller{Name: "sue", Groups: []string{"science"}}, group("science"), ReasonOwner},
		"an admin":                {Caller{Admin: true}, user("alice"), ReasonClusterAdmin},
		"another user":            {Caller{Name: "mallory"}, user("alice"), ReasonNotOwner},
		"the dashboard":           {Caller{TrustedDashboard: true}, user("alice"), ReasonAnonymous},
		"nobody, of nobody's":     {Caller{}, user(""), ReasonAnonymous},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := Rules{}.MayDelete(test.caller, test.owner)
			if got.Reason != test.want {
				t.Errorf("got %s, want %s", got.Reason, test.want)
			}
			checkDecision(t, got)
		})
	}
}

func TestLetterCase(t *testing.T) {
	folding := Names{tenancy.EmailsIgnoreCase}
	tests := []struct {
		one, other  string
		exact, fold bool
	}{
		{"a@x", "a@x", true, true},
		{"A@x", "a@X", false, true},
		{"\u212Aim@x", "kim@x", false, false}, // A Kelvin sign is no K.
		{"Ünï", "ünï", false, false},
		{"Bob", "bob", false, false}, // Not an e-mail address.
		{"a@x", "b@x", false, false},
	}
	for _, test := range tests {
		if got := (Names{}).Same(test.one, test.other); got != test.exact {
			t.Errorf("exactly, %q and %q: %v", test.one, test.other, got)
		}
		if got := folding.Same(test.one, test.other); got != test.fold {
			t.Errorf("ignoring case, %q and %q: %v", test.one, test.other, got)
		}
	}
	room := Room{Standing: Owned, Owner: group("Science")}
	if d := (Rules{Names: folding}).MayGrant(Caller{Name: "x", Groups: []string{"science"}}, room); d.Allowed() {
		t.Error("groups lost their letter case")
	}
}
