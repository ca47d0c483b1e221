package awsirsa

import (
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestMessagesAreShortWhateverTheSpec(t *testing.T) {
	for _, spec := range []string{
		`{"` + strings.Repeat("k", 100000) + `":1}`,
		`{"` + strings.Repeat("k", 100000) + `":1,"` + strings.Repeat("K", 100000) + `":1}`,
		`{"tokenExpirationSeconds":` + strings.Repeat("9", 100000) + `}`,
		`{"awsIamRole":"` + strings.Repeat("r", 100000) + `"}`,
		`{"awsIamRole":"arn:aws:iam::123456789012:role/r","audience":"` + strings.Repeat("a b", 100000) + `"}`,
		`{"awsIamRole":"arn:aws:iam::123456789012:role/r","serviceAccounts":["` + strings.Repeat("A", 100000) + `"]}`,
	} {
		_, _, err := readSpec([]byte(spec))
		if n := len(plugin.AsError(err).Message); n > 2000 {
			t.Errorf("%.60s: the message has %d bytes", spec, n)
		}
	}
}

// TestWhoLeavesIsNotHeldUpByWhoDoesNotFit has an account whose quota is below what the
// controller was told.
func TestWhoLeavesIsNotHeldUpByWhoDoesNotFit(t *testing.T) {
	f := startOn(t, startAccount(t, iamsts.Options{TrustPolicySizeLimit: limitFor(t, foreignPolicy, 2)}))
	b := f.role("r", foreignPolicy)
	f.MustApply("team-00", b)
	f.MustApply("team-01", b)
	if err := f.Settle("team-02", f.Apply, b); err == nil {
		t.Fatal("all of them fit, so this test shows nothing")
	}
	if err := f.Settle("team-00", f.Revoke, b); err != nil {
		t.Errorf("it is held up: %v", err)
	}
}
