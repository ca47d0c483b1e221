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
	f.MustApply("alice", b)
	f.MustApply("bob", b)
	f.MustRevoke("alice", b)
	since := len(f.server.History("r"))
	stale := 3
	f.server.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetRole" && stale > 0 {
			stale--
			return iamsts.StaleRead()
		}
		return iamsts.Fault{}
	})
	f.MustApply("carol", b)
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
	f.MustApply("alice", b)
	if !f.admits("r", "alice") || !strings.Contains(f.server.TrustPolicy("r"), `"Sid": "Theirs"`) {
		t.Errorf("the policy has not both changes:\n%s", f.server.TrustPolicy("r"))
	}
	f.wantRequests("r", 3, 2)
}
