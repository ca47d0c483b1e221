package gcpworkloadidentity

import (
	"strings"
	"testing"
	"time"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

func TestManyProfilesOnOneAccountCostOneReadAndOneWrite(t *testing.T) {
	f := start(t)
	b := f.account(foreignPolicy)
	names := plugintest.Profiles(100)
	f.InLine(names, b)
	for i, err := range f.Together(names, f.Apply, b) {
		if err != nil || !f.admits(names[i]) {
			t.Errorf("%s: error %v, admitted %t", names[i], err, f.admits(names[i]))
		}
	}
	f.wantRequests(team, 1, 1)
	if f.requests.Counts()["getIamPolicy ok"] != 1 || f.requests.Counts()["setIamPolicy ok"] != 1 {
		t.Errorf("requests were counted as %v", f.requests.Counts())
	}
}

func TestARestartSendsNothingForWhatHolds(t *testing.T) {
	before := start(t)
	b := before.account(foreignPolicy)
	names := plugintest.Profiles(20)
	before.InLine(names, b)
	before.Together(names, before.Apply, b)
	before.Stop()
	before.server.ResetRequests()
	after := startOn(t, before.server)
	for _, name := range names {
		if again, err := after.Check(t.Context(), name, b); err != nil || again <= 0 || again > shortTiming().Drift {
			t.Errorf("%s: Check wants to be called again after %s, error %v", name, again, err)
		}
	}
	if got := after.server.Requests(); len(got) != 0 {
		t.Errorf("after a restart Google got %v", got)
	}
}

func TestDriftIsRepairedAtTheNextLook(t *testing.T) {
	f := start(t)
	b := f.account(foreignPolicy)
	f.InLine(plugintest.Profiles(5), b)
	f.Together(plugintest.Profiles(5), f.Apply, b)
	f.Stop()
	if err := f.server.SetPolicy(team, foreignPolicy); err != nil {
		t.Fatal(err)
	}
	f.server.ResetRequests()
	// With so short an interval each call of Check finds that it is time to look.
	g := startOn(t, f.server, func(o *Options) { o.Timing.Drift = time.Nanosecond })
	g.Host.SetBacklog(1)
	for _, name := range plugintest.Profiles(5) {
		if _, err := g.Check(t.Context(), name, b); err == nil || plugin.AsError(err).Kind != plugin.Waiting {
			t.Fatalf("Check is answered with %v; want to be told to wait", err)
		}
	}
	g.Host.SetBacklog(0)
	for _, name := range plugintest.Profiles(5) {
		g.AwaitNews(name)
		if !g.admits(name) {
			t.Errorf("%s was not put back", name)
		}
	}
	g.wantRequests(team, 1, 1)
}

func TestAConflictIsReadAgainAtOnceAndTheOtherWritersChangeIsKept(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Backoff, o.Timing.LongestBackoff = time.Hour, time.Hour })
	b := f.account(foreignPolicy)
	theirs := strings.Replace(foreignPolicy, "user:ann@example.com", "user:bert@example.com", 1)
	done := false
	f.server.Fault(func(r gcpiam.Request) faults.Fault {
		if r.Method == "setIamPolicy" && !done {
			done = true
			if err := f.server.SetPolicy(team, theirs); err != nil {
				t.Error(err)
			}
		}
		return faults.Fault{}
	})
	f.MustApply("alice", b)
	if !f.admits("alice") || !strings.Contains(f.server.Policy(team), "user:bert@example.com") {
		t.Errorf("the policy has not both changes:\n%s", f.server.Policy(team))
	}
	f.wantRequests(team, 2, 2)
	if f.requests.Counts()["setIamPolicy conflict"] != 1 {
		t.Errorf("requests were counted as %v", f.requests.Counts())
	}
}

func TestAWriteWhoseAnswerWasLostIsFoundDone(t *testing.T) {
	for name, fault := range map[string]faults.Fault{"cut off": faults.CutAfter(), "error 503": gcpiam.ServerError().ThoughDone()} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			b := f.account(foreignPolicy)
			f.failOnce("setIamPolicy", fault)
			f.MustApply("alice", b)
			f.wantRequests(team, 2, 1)
		})
	}
}

func TestAStaleReadDoesNotHideWhatIsToBeTakenBack(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Settle = time.Hour })
	b := f.account(foreignPolicy)
	f.MustApply("bob", b)
	f.MustApply("alice", b)
	stale := 3
	f.server.Fault(func(r gcpiam.Request) faults.Fault {
		if r.Method == "getIamPolicy" && stale > 0 {
			stale--
			return faults.Stale()
		}
		return faults.Fault{}
	})
	f.MustRevoke("alice", b)
	if f.admits("alice") || !f.admits("bob") || stale != 0 {
		t.Errorf("alice is admitted: %t, bob is: %t; %d stale reads did not happen", f.admits("alice"), f.admits("bob"), stale)
	}
}

func TestThrottlingIsToldAndPasses(t *testing.T) {
	f := start(t)
	b := f.account(foreignPolicy)
	f.server.Fault(func(gcpiam.Request) faults.Fault { return gcpiam.Throttle() })
	if err := f.Apply(t.Context(), "alice", b); err == nil {
		t.Fatal("the account that throttles is said to be edited")
	}
	f.AwaitNews("alice")
	why := plugin.AsError(f.Apply(t.Context(), "alice", b))
	if why.Kind != plugin.Waiting || !strings.Contains(why.Message, "called less often") {
		t.Errorf("the Profile is told %+v", why)
	}
	f.server.Fault(nil)
	f.MustApply("alice", b)
	if f.requests.Counts()["getIamPolicy throttled"] == 0 || f.requests.Counts()["setIamPolicy ok"] != 1 {
		t.Errorf("requests were counted as %v", f.requests.Counts())
	}
}

func TestAMissingAccountCostsOneRequestForAllProfiles(t *testing.T) {
	f := start(t)
	b := editorOn("missing@research.iam.gserviceaccount.com")
	f.InLine(plugintest.Profiles(25), b)
	for _, err := range f.Together(plugintest.Profiles(25), f.Apply, b) {
		message := plugintest.WantRefusal(t, err, profilev1.ReasonIdentityNotFound)
		if !strings.Contains(message, "Create it, or correct gcpServiceAccount") {
			t.Errorf("the message %q has no way out", message)
		}
	}
	f.MustRevoke("team-00", b)
	f.MustRevoke("never-was", b)
	f.wantRequests(b.Identity, 1, 0)
}

func TestAnnotateOnlySendsNothing(t *testing.T) {
	f := start(t)
	planned, err := f.Plan(t.Context(), "alice", []byte(`{"gcpServiceAccount":"far@away.iam.gserviceaccount.com","AnnotateOnly":true}`))
	if err != nil || len(planned) != 1 || planned[0].Annotations[annotation] != "far@away.iam.gserviceaccount.com" {
		t.Fatalf("planned %v, %v", planned, err)
	}
	again, err := f.Check(t.Context(), "alice", planned[0])
	for _, err := range []error{f.Apply(t.Context(), "alice", planned[0]), err, f.Revoke(t.Context(), "alice", planned[0])} {
		if err != nil {
			t.Error(err)
		}
	}
	if len(f.server.Requests()) > 0 || again != 0 {
		t.Errorf("Google got %v; Check wants to be called again after %s", f.server.Requests(), again)
	}
}
