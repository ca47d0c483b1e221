package azureworkloadidentity

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTheNameOfACredentialTellsWhoseItIsAndNeverChanges(t *testing.T) {
	got := grantFor("https://oidc.example.com/id/ours/", DefaultAudience, "alice", "default-editor")
	want := grant{issuer: "https://oidc.example.com/id/ours/", subject: "system:serviceaccount:alice:default-editor", audience: "api://AzureADTokenExchange",
		// Another name for the same subject would leave what was made before behind.
		name: "kubeflow-alice-default-editor-4074e593739978a2e8225d29c9569d76"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNamesOfCredentialsAreAzuresAndTellSubjectsApart(t *testing.T) {
	allowed := regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}$`)
	namespace := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`)
	account := rapid.StringMatching(`[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?`)
	issuer := rapid.StringMatching(`https://[a-z]{1,20}/[a-z]{0,5}/?`)
	rapid.Check(t, func(t *rapid.T) {
		one := grantFor(issuer.Draw(t, "issuer"), DefaultAudience, namespace.Draw(t, "namespace"), account.Draw(t, "account"))
		two := grantFor(issuer.Draw(t, "issuer"), DefaultAudience, namespace.Draw(t, "namespace"), account.Draw(t, "account"))
		if !allowed.MatchString(one.name) {
			t.Fatalf("Azure does not allow %q", one.name)
		}
		if same := one.issuer == two.issuer && one.subject == two.subject; (one.name == two.name) != same {
			t.Fatalf("%+v and %+v", one, two)
		}
	})
}

func TestSubjectsThatReadAlikeHaveNamesOfTheirOwn(t *testing.T) {
	long := strings.Repeat("a", 200)
	names := map[string]string{}
	for _, pair := range [][2]string{{"a-b", "c"}, {"a", "b-c"}, {"a", "b.c"}, {"a", long}, {"a", long + "b"}} {
		for _, issuer := range []string{"https://one", "https://two"} {
			name := grantFor(issuer, DefaultAudience, pair[0], pair[1]).name
			if earlier, taken := names[name]; taken {
				t.Errorf("%v of %s has the name of %s", pair, issuer, earlier)
			}
			names[name] = issuer + " " + strings.Join(pair[:], ":")
		}
	}
}
