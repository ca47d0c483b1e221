package gcpworkloadidentity

import (
	"strings"
	"testing"
	"time"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

func TestAFullPolicyRefusesWhoIsTooManyBeforeItIsWritten(t *testing.T) {
	f := start(t)
	b := f.account(almostFull(t, mostPrincipals-3))
	names := plugintest.Profiles(5)
	var in, out []string
	f.InLine(names, b)
	for i, err := range f.Together(names, f.Apply, b) {
		if err == nil {
			in = append(in, names[i])
			continue
		}
		out = append(out, names[i])
		message := plugintest.WantRefusal(t, err, profilev1.ReasonAllowPolicyLimitExceeded)
		for _, part := range []string{team, names[i], "1500 principals", "more Google service accounts"} {
			if !strings.Contains(message, part) {
				t.Errorf("the message %q lacks %q", message, part)
			}
		}
	}
	if len(in) != 3 || len(out) != 2 {
		t.Fatalf("%v are in and %v are out; want three and two", in, out)
	}
	f.wantRequests(team, 1, 1)
	f.MustRevoke(in[0], b)
	f.MustApply(out[0], b)
	plugintest.WantRefusal(t, f.Settle(out[1], f.Apply, b), profilev1.ReasonAllowPolicyLimitExceeded)
	for _, name := range []string{in[1], in[2], out[0]} {
		if !f.admits(name) {
			t.Errorf("%s is not admitted", name)
		}
	}
}

// TestAPoolThatDoesNotExistHoldsUpNobodyElse has a Profile that names such a pool share an
// account with others. IAM refuses policies with a member of it as a whole.
func TestAPoolThatDoesNotExistHoldsUpNobodyElse(t *testing.T) {
	f := start(t)
	good := f.account(foreignPolicy)
	bad, worse := inPool(team, "no-such-project"), inPool(team, "nor-this-one")
	f.InLine([]string{"mallory"}, bad)
	f.InLine([]string{"oscar"}, worse)
	f.InLine(plugintest.Profiles(5), good)
	for _, err := range f.Together(plugintest.Profiles(5), f.Apply, good) {
		if err != nil {
			t.Error(err)
		}
	}
	for profile, b := range map[string]string{"mallory": "no-such-project", "oscar": "nor-this-one"} {
		message := plugintest.WantRefusal(t, f.Settle(profile, f.Apply, inPool(team, b)), profilev1.ReasonIdentityNotFound)
		if !strings.Contains(message, b+".svc.id.goog") || !strings.Contains(message, "identityNamespace") {
			t.Errorf("the message %q does not tell what to correct", message)
		}
	}
	if writes := f.server.RequestsFor(team)["setIamPolicy"]; writes != 3 {
		t.Errorf("there were %d writes; want one refused for each pool and one that holds", writes)
	}
	f.MustRevoke("mallory", bad)
	f.MustApply("later", good)
}

func TestAPoolIsLookedForAgainInTime(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Failure = 50 * time.Millisecond })
	b := f.account(foreignPolicy)
	late := inPool(team, "late-project")
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, late), profilev1.ReasonIdentityNotFound)
	f.server.AddPool("late-project")
	deadline := time.After(10 * time.Second)
	for f.Settle("alice", f.Apply, late) != nil {
		select {
		case <-deadline:
			t.Fatal("the pool is there and was never tried again")
		default:
		}
	}
	if !gcpiam.Admits(f.server.Policy(team), "late-project", "alice", "default-editor") || f.admits("alice") {
		t.Errorf("the wrong ones are admitted: %s", f.server.Policy(team))
	}
	f.MustApply("bob", b)
}

func TestAPolicyThatCannotBeReadIsLeftAlone(t *testing.T) {
	f := start(t, func(o *Options) { o.IAM = newerIAM{o.IAM} })
	message := plugintest.WantRefusal(t, f.Settle("alice", f.Apply, editorOn(team)), profilev1.ReasonAllowPolicyInvalid)
	if !strings.Contains(message, "version 4") || !strings.Contains(message, "annotateOnly: true") || len(f.server.Requests()) > 0 {
		t.Errorf("the message is %q; Google got %v", message, f.server.Requests())
	}
}
