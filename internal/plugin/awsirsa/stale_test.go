package awsirsa

import (
	"strings"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestAReadFromBeforeAWriteIsNotTakenForTrue(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Settle = time.Hour })
	b := f.role("r", foreignPolicy)
	f.apply("alice", b)
	f.apply("bob", b)
	f.revoke("alice", b)
	since := len(f.server.History("r"))
	stale := 3
	f.server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetRole" && stale > 0 {
			stale--
			return iamsts.StaleRead()
		}
		return iamsts.Fault{}
	})
	f.apply("carol", b)
	history := f.server.History("r")
	if len(history) != since+1 {
		t.Errorf("the stale reads led to %d writes, want 1", len(history)-since)
	}
	for _, version := range history[since-1:] {
		if f.server.PolicyAdmits(version.Policy, testIssuer, trustpolicy.Subject("alice", "default-editor"), trustpolicy.DefaultAudience) {
			t.Errorf("a stale read brought back who had been taken out:\n%s", version.Policy)
		}
	}
	if !f.admits("r", "bob") || stale != 0 {
		t.Errorf("bob is admitted: %t; %d stale reads did not happen", f.admits("r", "bob"), stale)
	}
}

func TestAStaleReadThatVerifiesIsReadAgain(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Settle = time.Hour })
	b := f.role("r", foreignPolicy)
	reads := 0
	f.server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetRole" {
			reads++
		}
		if reads == 2 || reads == 3 {
			return iamsts.StaleRead()
		}
		return iamsts.Fault{}
	})
	f.apply("alice", b)
	f.wantRequests("r", 4, 1)
}

func TestAnOldPolicyIsBelievedOnceIAMMustHaveSettled(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Settle = 20 * time.Millisecond })
	b := f.role("r", foreignPolicy)
	once := true
	f.server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetRole" && once && f.admits("r", "alice") {
			once = false
			_ = f.server.SetTrustPolicy("r", foreignPolicy)
		}
		return iamsts.Fault{}
	})
	f.apply("alice", b)
	if !f.admits("r", "alice") || once {
		t.Errorf("somebody put the old policy back, and that was never repaired (it happened: %t)", !once)
	}
}

func TestALostUpdateIsDoneAgainAndTheOtherWritersChangeIsKept(t *testing.T) {
	f := start(t)
	b := f.role("r", foreignPolicy)
	theirs := strings.Replace(foreignPolicy, `"Statement": [`, `"Statement": [{"Sid": "Theirs", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}, `, 1)
	reads := 0
	f.server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetRole" {
			if reads++; reads == 2 {
				_ = f.server.SetTrustPolicy("r", theirs)
			}
		}
		return iamsts.Fault{}
	})
	f.apply("alice", b)
	if !f.admits("r", "alice") || !strings.Contains(f.server.TrustPolicy("r"), `"Sid": "Theirs"`) {
		t.Errorf("the policy has not both changes:\n%s", f.server.TrustPolicy("r"))
	}
	f.wantRequests("r", 3, 2)
}

func TestAWriteWhoseAnswerWasLostIsFoundDone(t *testing.T) {
	for name, fault := range map[string]iamsts.Fault{"cut off": iamsts.TimeoutAfterWrite(), "error 500": iamsts.ServerErrorAfterWrite()} {
		t.Run(name, func(t *testing.T) {
			f := start(t, func(o *Options) { o.Timing.Settle = time.Hour })
			b := f.role("r", foreignPolicy)
			f.failOnce("UpdateAssumeRolePolicy", fault)
			f.apply("alice", b)
			f.wantRequests("r", 2, 1)
		})
	}
}

func TestAWriteThatWasRefusedForNowIsTriedAgainAtOnce(t *testing.T) {
	for name, fault := range map[string]iamsts.Fault{"throttled": iamsts.Throttle(), "throttled otherwise": iamsts.RequestLimitExceeded(),
		"another writer": iamsts.ConcurrentModification()} {
		t.Run(name, func(t *testing.T) {
			// IAM shows the old policy because nothing was written, so it must be believed.
			f := start(t, func(o *Options) { o.Timing.Settle = time.Hour })
			b := f.role("r", foreignPolicy)
			f.failOnce("UpdateAssumeRolePolicy", fault)
			f.apply("alice", b)
			f.wantRequests("r", 3, 2)
		})
	}
}

// failOnce has the next request of a kind go wrong.
func (f *fixture) failOnce(action string, fault iamsts.Fault) {
	done := false
	f.server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action != action || done {
			return iamsts.Fault{}
		}
		done = true
		return fault
	})
}

func TestWhatWasWrittenHoldsAlthoughItWasReplacedBefore(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Settle = time.Hour })
	b := f.role("r", foreignPolicy)
	f.apply("alice", b)
	f.revoke("alice", b)
	if f.server.TrustPolicy("r") != foreignPolicy {
		t.Fatalf("the policy did not become what it was, so this test shows nothing:\n%s", f.server.TrustPolicy("r"))
	}
	f.apply("alice", b)
	if !f.admits("r", "alice") {
		t.Error("alice is not admitted")
	}
}
