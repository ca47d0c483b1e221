package access

import (
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func TestWhoMayRegister(t *testing.T) {
	reserved, err := tenancy.ParseReservedNames("knative-*")
	if err != nil {
		t.Fatal(err)
	}
	pattern, err := ParseNamePattern("a|a-.*|team-[a-z]+")
	if err != nil {
		t.Fatal(err)
	}
	rules := Rules{Reserved: reserved, NamePattern: pattern}
	alice, admin, dashboard := Caller{Kind: "User", Name: "alice"}, Caller{Kind: "User", Name: "root", Admin: true}, Caller{TrustedDashboard: true}
	wish := func(name string, owner rbacv1.Subject, owned int, extras ...string) Registration {
		return Registration{Name: name, Owner: owner, Extras: extras, Owned: owned}
	}
	tests := map[string]struct {
		caller Caller
		wish   Registration
		want   string
	}{
		"for oneself":                              {alice, wish("team-a", user("alice"), 0), ReasonSelf},
		"for somebody else":                        {alice, wish("team-a", user("bob"), 0), ReasonForOthers},
		"for oneself in other letter case":         {alice, wish("team-a", user("Alice"), 0), ReasonForOthers},
		"for a group of one's own":                 {Caller{Name: "alice", Groups: []string{"science"}}, wish("team-a", group("science"), 0), ReasonForOthers},
		"with a plugin":                            {alice, wish("team-a", user("alice"), 0, "spec.plugins"), ReasonNotPlain},
		"the second one":                           {alice, wish("team-a", user("alice"), 1), ReasonLimit},
		"a reserved name":                          {alice, wish("kube-system", user("alice"), 0), ReasonReservedName},
		"a name that the operator reserved":        {alice, wish("knative-x", user("alice"), 0), ReasonReservedName},
		"a name that is none":                      {alice, wish("Team_A", user("alice"), 0), ReasonInvalidRequest},
		"a name outside the pattern":               {alice, wish("prod", user("alice"), 0), ReasonNamePattern},
		"a name that only begins with the pattern": {alice, wish("team-a1", user("alice"), 0), ReasonNamePattern},
		"a name that another alternative matches":  {alice, wish("a-b", user("alice"), 0), ReasonSelf},
		"an owner that is everybody":               {alice, wish("team-a", user("*"), 0), ReasonInvalidRequest},
		"an owner without a kind":                  {alice, wish("team-a", rbacv1.Subject{Name: "alice"}, 0), ReasonInvalidRequest},
		"nobody":                                   {Caller{}, wish("team-a", user("alice"), 0), ReasonAnonymous},
		"the dashboard for a user":                 {dashboard, wish("team-a", user("bob"), 0), ReasonDashboard},
		"the dashboard with a plugin":              {dashboard, wish("team-a", user("bob"), 0, "spec.plugins"), ReasonNotPlain},
		"the dashboard, the second one":            {dashboard, wish("team-a", user("bob"), 1), ReasonLimit},
		"the dashboard for a group":                {dashboard, wish("team-a", group("science"), 0), ReasonForOthers},
		"the dashboard, a reserved name":           {dashboard, wish("kubeflow", user("bob"), 0), ReasonReservedName},
		"an admin for others, with everything":     {admin, wish("prod", group("science"), 7, "spec.plugins"), ReasonClusterAdmin},
		"an admin, a reserved name":                {admin, wish("kube-system", user("root"), 0), ReasonReservedName},
		"a service account for itself": {Caller{Kind: "ServiceAccount", Name: "system:serviceaccount:ci:bot"},
			wish("team-a", rbacv1.Subject{Kind: "ServiceAccount", Name: "bot", Namespace: "ci"}, 0), ReasonMachine},
		"a service account that is an admin": {Caller{Kind: "ServiceAccount", Name: "system:serviceaccount:ci:bot", Admin: true},
			wish("team-a", user("bob"), 7), ReasonClusterAdmin},
		"a user for a service account": {Caller{Kind: "User", Name: "system:serviceaccount:ci:bot"},
			wish("team-a", rbacv1.Subject{Kind: "ServiceAccount", Name: "bot", Namespace: "ci"}, 0), ReasonForOthers},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := rules.MayRegister(test.caller, test.wish)
			if got.Reason != test.want {
				t.Errorf("got %s (%v), want %s", got.Reason, got.Refusal, test.want)
			}
			checkDecision(t, got)
		})
	}
	if d := (Rules{ProfilesPerUser: 2}).MayRegister(alice, wish("team-a", user("alice"), 1)); !d.Allowed() {
		t.Errorf("a limit of two refuses the second: %v", d.Refusal)
	}
}

func TestNamePatternsThatAreNone(t *testing.T) {
	for _, text := range []string{"(", "a)|(b", "["} {
		if _, err := ParseNamePattern(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	if anything, err := ParseNamePattern(""); err != nil || !anything.matches("x") {
		t.Errorf("the empty pattern: %v", err)
	}
}
