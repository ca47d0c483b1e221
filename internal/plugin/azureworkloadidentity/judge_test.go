package azureworkloadidentity

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

var (
	aliceGrant = grantFor(testIssuer, DefaultAudience, "alice", "default-editor")
	ordinary   = rules{limit: 3}
)

func held(g grant) credential { return credential{g.name, g.issuer, g.subject, []string{g.audience}} }

// foreignOf is what somebody else made.
func foreignOf(n int) credential {
	return credential{fmt.Sprintf("theirs-%d", n), "https://elsewhere", fmt.Sprintf("s-%d", n), []string{DefaultAudience}}
}

func TestJudge(t *testing.T) {
	bob := grantFor(testIssuer, DefaultAudience, "bob", "default-editor")
	change := func(change func(*credential)) credential {
		c := held(aliceGrant)
		change(&c)
		return c
	}
	theirs := change(func(c *credential) { c.name = "terraform" })
	otherAudience := change(func(c *credential) { c.audiences = []string{"other"} })
	otherSubject := change(func(c *credential) { c.subject = "system:serviceaccount:mallory:x" })
	otherIssuer := change(func(c *credential) { c.issuer = "https://elsewhere" })
	capitals := change(func(c *credential) { c.name = "KUBEFLOW" + c.name[len("kubeflow"):] })
	tests := map[string]struct {
		have    []credential
		touched string
		apply   todo
		reason  string
		revoke  todo
	}{
		"nothing there":                {nil, "", create, "", nothing},
		"ours":                         {[]credential{held(aliceGrant)}, "", nothing, "", remove},
		"ours in capitals":             {[]credential{capitals}, "", nothing, "", remove},
		"others of ours":               {[]credential{held(bob)}, "", create, "", nothing},
		"our name, another audience":   {[]credential{otherAudience}, "", nothing, profilev1.ReasonForeignBinding, remove},
		"our name, two audiences":      {[]credential{change(func(c *credential) { c.audiences = []string{DefaultAudience, "x"} })}, "", nothing, profilev1.ReasonForeignBinding, remove},
		"our name, another subject":    {[]credential{otherSubject}, "", nothing, profilev1.ReasonForeignBinding, nothing},
		"our name, another issuer":     {[]credential{otherIssuer}, "", nothing, profilev1.ReasonForeignBinding, nothing},
		"our pair by somebody else":    {[]credential{theirs}, "", nothing, profilev1.ReasonForeignBinding, nothing},
		"no room":                      {[]credential{foreignOf(1), foreignOf(2), held(bob)}, "", nothing, profilev1.ReasonFederatedCredentialLimitExceeded, nothing},
		"full, and ours is there":      {[]credential{foreignOf(1), foreignOf(2), held(aliceGrant)}, "", nothing, "", remove},
		"just made, list too old":      {nil, "made", create, "", remove},
		"just deleted, list too old":   {[]credential{held(aliceGrant)}, "deleted", create, "", remove},
		"just deleted, not in list":    {nil, "deleted", create, "", nothing},
		"just made, and in list":       {[]credential{held(aliceGrant)}, "made", nothing, "", remove},
		"changed since it was deleted": {[]credential{otherSubject}, "deleted", nothing, profilev1.ReasonForeignBinding, nothing},
		"changed since it was made":    {[]credential{otherSubject}, "made", nothing, profilev1.ReasonForeignBinding, nothing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			touched := map[string]touch{}
			if test.touched != "" {
				touched[aliceGrant.name] = touch{present: test.touched == "made", at: time.Now()}
			}
			found := reading{clientID: aliceClientID, credentials: test.have}
			r := request{grant: aliceGrant, profile: "alice", clientID: aliceClientID, present: true}
			do, refusal := ordinary.judge(alice, found, r, touched)
			if do != test.apply || (refusal == nil) != (test.reason == "") || refusal != nil && refusal.Reason != test.reason {
				t.Errorf("to apply: %d, %v; want %d %s", do, refusal, test.apply, test.reason)
			}
			r.present = false
			if do, refusal := ordinary.judge(alice, found, r, touched); do != test.revoke || refusal != nil {
				t.Errorf("to revoke: %d, %v; want %d", do, refusal, test.revoke)
			}
		})
	}
}

func TestAnIdentityMustBeTheOneThatTheProfileNames(t *testing.T) {
	tests := map[string]struct {
		rules            rules
		clientID, tenant string
		tags             map[string]string
		reason           string
	}{
		"the very one":            {ordinary, aliceClientID, "", nil, ""},
		"in capitals":             {ordinary, "33333333-3333-3333-3333-33333333ABCD", "", nil, ""},
		"another":                 {ordinary, someUUID, "", nil, profilev1.ReasonIdentityMismatch},
		"without a client ID":     {ordinary, "", "", nil, profilev1.ReasonIdentityMismatch},
		"of the tenant":           {ordinary, aliceClientID, "T", nil, ""},
		"of another tenant":       {ordinary, aliceClientID, "other", nil, profilev1.ReasonIdentityMismatch},
		"no tag":                  {rules{3, true}, aliceClientID, "", nil, profilev1.ReasonIdentityNotTagged},
		"the tag of another":      {rules{3, true}, aliceClientID, "", map[string]string{"kubeflow-profile": "bob"}, profilev1.ReasonIdentityNotTagged},
		"the tag of the Profile":  {rules{3, true}, aliceClientID, "", map[string]string{"kubeflow-profile": "alice"}, ""},
		"the tag for all":         {rules{3, true}, aliceClientID, "", map[string]string{"kubeflow-profile": "*"}, ""},
		"a tag in another case":   {rules{3, true}, aliceClientID, "", map[string]string{"kubeflow-profile": "Alice"}, profilev1.ReasonIdentityNotTagged},
		"a tag that is not asked": {ordinary, aliceClientID, "", map[string]string{"kubeflow-profile": "bob"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := request{grant: aliceGrant, profile: "alice", clientID: aliceClientID, present: true}
			found := reading{clientID: test.clientID, tags: test.tags, credentials: []credential{held(aliceGrant)}}
			if test.tenant != "" {
				r.tenantID, found.tenantID = "t", test.tenant
			}
			_, refusal := test.rules.judge(alice, found, r, nil)
			if (refusal == nil) != (test.reason == "") || refusal != nil && refusal.Reason != test.reason {
				t.Errorf("got %v, want %s", refusal, test.reason)
			}
			r.present = false
			if do, refusal := test.rules.judge(alice, found, r, nil); do != remove || refusal != nil {
				t.Errorf("taking back is answered with %d, %v", do, refusal)
			}
		})
	}
}

// Whatever an identity holds: what is judged changes nothing but our own credential, what
// it makes is exactly the grant, and when it is done there is nothing left to do.
func TestWhatIsJudgedTouchesOnlyOurs(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) credential {
		g := grantFor(rapid.SampledFrom([]string{testIssuer, "https://elsewhere"}).Draw(t, "issuer"), DefaultAudience,
			rapid.SampledFrom([]string{"alice", "bob"}).Draw(t, "profile"), "default-editor")
		c := held(g)
		if rapid.Bool().Draw(t, "foreign name") {
			c.name = rapid.StringMatching(`[a-z]{3}`).Draw(t, "name")
		}
		if rapid.Bool().Draw(t, "another subject") {
			c.subject = "system:serviceaccount:carol:x"
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		found := reading{clientID: aliceClientID, credentials: rapid.SliceOfNDistinct(some, 0, 5, func(c credential) string { return c.name }).Draw(t, "have")}
		before := slices.Clone(found.credentials)
		r := request{grant: aliceGrant, clientID: aliceClientID, present: rapid.Bool().Draw(t, "present")}
		do, refusal := rules{limit: 20}.judge(alice, found, r, nil)
		after := found
		switch do {
		case create:
			after = found.with(r.grant)
			if slices.ContainsFunc(before, func(c credential) bool { return c.named(r.name) || c.about(r.grant) }) {
				t.Fatalf("it is made beside or over what is there: %+v", before)
			}
		case remove:
			after = found.without(r.grant)
		}
		foreign := func(all []credential) []credential {
			return slices.DeleteFunc(slices.Clone(all), func(c credential) bool { return c.named(r.name) && c.about(r.grant) })
		}
		if diff := cmp.Diff(foreign(before), foreign(after.credentials), cmp.AllowUnexported(credential{})); diff != "" {
			t.Fatalf("what is not ours changed:\n%s", diff)
		}
		if again, _ := (rules{limit: 20}).judge(alice, after, r, nil); again != nothing {
			t.Fatalf("done once it is not done: %d", again)
		}
		if holds := slices.ContainsFunc(after.credentials, func(c credential) bool { return c.is(r.grant) }); refusal == nil && holds != r.present {
			t.Fatalf("in the end it holds: %t", holds)
		}
		if diff := cmp.Diff(before, found.credentials, cmp.AllowUnexported(credential{})); diff != "" {
			t.Fatalf("the reading itself was changed:\n%s", diff)
		}
	})
}

func TestTheMessageOfAFullIdentityCountsOurs(t *testing.T) {
	found := reading{clientID: aliceClientID, credentials: []credential{foreignOf(1),
		held(grantFor(testIssuer, DefaultAudience, "bob", "x")), held(grantFor("https://another-cluster", DefaultAudience, "bob", "x"))}}
	r := request{grant: aliceGrant, clientID: aliceClientID, present: true}
	_, refusal := ordinary.judge(alice, found, r, nil)
	plugintest.WantRefusal(t, refusal, profilev1.ReasonFederatedCredentialLimitExceeded, aliceID, "it has 3 federated identity credentials", "made 1 for this cluster", "Azure allows 3", "more identities")
}
