package awsirsa

import (
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestAFullPolicyRefusesWhoIsTooManyAndServesTheRest(t *testing.T) {
	limit := limitFor(t, foreignPolicy, 3)
	f := start(t, func(o *Options) { o.TrustPolicyLimit = limit })
	b := f.role("r", foreignPolicy)
	names := plugintest.Profiles(5)
	f.InLine(names, b)
	var in, out []string
	for i, err := range f.Together(names, f.Apply, b) {
		if err == nil {
			in = append(in, names[i])
			continue
		}
		out = append(out, names[i])
		message := plugintest.WantRefusal(t, err, profilev1.ReasonTrustPolicyLimitExceeded)
		for _, part := range []string{"the 3 subjects of this cluster", "-aws-trust-policy-limit", "more roles", "EKS Pod Identity"} {
			if !strings.Contains(message, part) {
				t.Errorf("the message %q lacks %q", message, part)
			}
		}
	}
	if len(in) != 3 || len(out) != 2 {
		t.Fatalf("%v are in and %v are out; want three and two", in, out)
	}
	f.wantRequests("r", 2, 1)
	f.MustRevoke(in[0], b)
	f.MustApply(out[0], b)
	for _, name := range []string{in[1], in[2], out[0]} {
		if !f.admits("r", name) {
			t.Errorf("%s is not admitted", name)
		}
	}
	plugintest.WantRefusal(t, f.Settle(out[1], f.Apply, b), profilev1.ReasonTrustPolicyLimitExceeded)
}

// limitFor is the size of the policy with so many Profiles.
func limitFor(t *testing.T, policy string, n int) int {
	t.Helper()
	var subjects []string
	for _, profile := range plugintest.Profiles(n) {
		subjects = append(subjects, trustpolicy.Subject(profile, "default-editor"))
	}
	provider, err := trustpolicy.NewProvider("aws", "123456789012", testIssuer)
	if err != nil {
		t.Fatal(err)
	}
	full, err := trustpolicy.Grant([]byte(policy), provider, trustpolicy.DefaultAudience, subjects)
	if err != nil {
		t.Fatal(err)
	}
	return trustpolicy.Size(full)
}

func TestAQuotaThatIsSmallerThanTheFlagIsExplained(t *testing.T) {
	server := startAccount(t, iamsts.Options{TrustPolicySizeLimit: 200})
	f := startOn(t, server)
	b := f.role("r", foreignPolicy)
	message := plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonTrustPolicyLimitExceeded)
	if !strings.Contains(message, "-aws-trust-policy-limit") {
		t.Errorf("the message %q does not name the flag", message)
	}
}
