package awsirsa

import (
	"strings"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestALookThatIsDueSoonAfterAReadIsNotTheLast(t *testing.T) {
	f := start(t)
	b := f.role("r", foreignPolicy)
	f.apply("alice", b)
	f.editor.mu.Lock()
	m := f.editor.roles[b.Identity]
	m.looked = m.looked.Add(-2 * f.editor.timing.Drift)
	f.editor.mu.Unlock()
	again, err := f.Check(t.Context(), "alice", b)
	if err == nil && again == 0 {
		t.Error("Check answered nil and never wants to be called again")
	}
}

func TestThrottlingNeverRaisesTheRate(t *testing.T) {
	b := newBudget(0.05)
	b.learn(true)
	if got := float64(b.limiter.Limit()); got > 0.05 {
		t.Errorf("throttled, the rate rose to %v", got)
	}
}

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

// TestAStaleReadAfterARestartDoesNotBringBackTheRevoked has a new process, which does not
// know what its predecessor replaced, read what its predecessor replaced.
func TestAStaleReadAfterARestartDoesNotBringBackTheRevoked(t *testing.T) {
	const settles = 300 * time.Millisecond
	server := startAccount(t, iamsts.Options{})
	f := startOn(t, server)
	b := f.role("r", foreignPolicy)
	f.apply("alice", b)
	f.apply("bob", b)
	f.revoke("alice", b)
	revoked := time.Now()
	f.stop()
	first := true
	server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetRole" && first && time.Since(revoked) < settles {
			first = false
			return iamsts.StaleRead()
		}
		return iamsts.Fault{}
	})
	g := startOn(t, server, func(o *Options) { o.Timing.Hold = settles })
	g.apply("carol", b)
	if g.admits("r", "alice") {
		t.Error("alice is back")
	}
	if !g.admits("r", "carol") {
		t.Error("carol is not in")
	}
}

// TestWhoLeavesIsNotHeldUpByWhoDoesNotFit has an account whose quota is below what the
// controller was told.
func TestWhoLeavesIsNotHeldUpByWhoDoesNotFit(t *testing.T) {
	f := startOn(t, startAccount(t, iamsts.Options{TrustPolicySizeLimit: limitFor(t, foreignPolicy, 2)}))
	b := f.role("r", foreignPolicy)
	f.apply("team-00", b)
	f.apply("team-01", b)
	if err := f.settle("team-02", f.Apply, b); err == nil {
		t.Fatal("all of them fit, so this test shows nothing")
	}
	if err := f.settle("team-00", f.Revoke, b); err != nil {
		t.Errorf("it is held up: %v", err)
	}
}
