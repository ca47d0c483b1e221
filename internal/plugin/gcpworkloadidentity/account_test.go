package gcpworkloadidentity

import (
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/plugin"
)

func TestParseAccount(t *testing.T) {
	tests := map[string]struct{ resource string }{
		"team@research.iam.gserviceaccount.com":                 {"projects/research/serviceAccounts/team@research.iam.gserviceaccount.com"},
		"a-1@my-project-42.iam.gserviceaccount.com":             {"projects/my-project-42/serviceAccounts/a-1@my-project-42.iam.gserviceaccount.com"},
		"team@lab.example.com.iam.gserviceaccount.com":          {"projects/example.com:lab/serviceAccounts/team@lab.example.com.iam.gserviceaccount.com"},
		"research@appspot.gserviceaccount.com":                  {"projects/research/serviceAccounts/research@appspot.gserviceaccount.com"},
		"123456789012-compute@developer.gserviceaccount.com":    {"projects/-/serviceAccounts/123456789012-compute@developer.gserviceaccount.com"},
		"123456789012-a0b1c2d3e4@developer.gserviceaccount.com": {"projects/-/serviceAccounts/123456789012-a0b1c2d3e4@developer.gserviceaccount.com"},
	}
	for email, test := range tests {
		a, err := parseAccount("f", email)
		if err != nil || a.email != email || a.resource() != test.resource {
			t.Errorf("%s is %+v, %v; its resource %s, want %s", email, a, err, a.resource(), test.resource)
		}
	}
	for _, email := range []string{
		"", "team", "allUsers", "allAuthenticatedUsers", "user@example.com", "@research.iam.gserviceaccount.com", "team@iam.gserviceaccount.com",
		"Team@research.iam.gserviceaccount.com", "team@research.IAM.gserviceaccount.com", "team@research.iam.gserviceaccount.com.evil.com",
		"serviceAccount:team@research.iam.gserviceaccount.com", " team@research.iam.gserviceaccount.com", "team@research.iam.gserviceaccount.com\n",
		"team@research/../x.iam.gserviceaccount.com", "a/b@research.iam.gserviceaccount.com", "team@research..iam.gserviceaccount.com", "team@-.iam.gserviceaccount.com",
		"123456789012@cloudservices.gserviceaccount.com", "compute@developer.gserviceaccount.com", "team@a@research.iam.gserviceaccount.com",
		"123456789012345678901", strings.Repeat("a", 63) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 4) + "iam.gserviceaccount.com",
	} {
		if a, err := parseAccount("field", email); err == nil || !strings.HasPrefix(plugin.AsError(err).Message, "field: ") {
			t.Errorf("%q is taken for %+v, error %v", email, a, err)
		}
	}
}

func TestParsePool(t *testing.T) {
	for text, want := range map[string]string{"fleet-host": "fleet-host", "fleet-host.svc.id.goog": "fleet-host", "example.com:lab": "example.com:lab"} {
		if got, err := parsePool("f", text); err != nil || got != want {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".svc.id.goog", "Fleet", "a b", "a[", "x]", "a/b", "a:b", "*", "x.svc.id.goog.svc.id.goog", strings.Repeat("a", 300)} {
		if got, err := parsePool("field", text); err == nil || !strings.HasPrefix(plugin.AsError(err).Message, "field: ") {
			t.Errorf("%q is taken for the project %q, error %v", text, got, err)
		}
	}
}
