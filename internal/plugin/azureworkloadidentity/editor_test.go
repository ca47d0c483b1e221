package azureworkloadidentity

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

func TestManyTogetherShareAReadingAndWriteOneAfterTheOther(t *testing.T) {
	f := start(t)
	names, b := plugintest.Profiles(20), f.binding()
	for n, err := range f.Together(names, f.Apply, b) {
		if err != nil || !f.admits(names[n]) {
			t.Errorf("%s is admitted: %t, and was told %v", names[n], f.admits(names[n]), err)
		}
	}
	f.wantRequests(1, 20, 0)
	for _, err := range f.Together(names, f.Revoke, b) {
		if err != nil {
			t.Error(err)
		}
	}
	f.wantRequests(1, 20, 20)
	// The double answers 409 to writes that overlap.
	made := f.requests.Counts()
	if made["CreateOrUpdateCredential ok"] != 20 || made["DeleteCredential ok"] != 20 || len(made) != 4 {
		t.Errorf("requests were counted as %v", made)
	}
	if left := f.server.Credentials(f.id); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestHoweverTheIdentityIsSpelledItIsOne(t *testing.T) {
	f := start(t)
	one := f.binding()
	two := f.planned(`{"clientId":"` + strings.ToUpper(f.clientID) + `","identityResourceId":"` + strings.ToUpper(f.id) + `"}`)
	if one.Identity != two.Identity || one.Settings != two.Settings || one.Annotations[annotationClientID] != two.Annotations[annotationClientID] {
		t.Errorf("%+v and %+v are told apart, so the credential would be taken back after it was made", one, two)
	}
	f.MustApply("alice", one)
	f.MustApply("alice", two)
	f.wantRequests(1, 1, 0)
}

func TestAnotherWriterIsWaitedOut(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"another writer": faults.Fail(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "no"),
		"an error 500":   azuremsi.ServerError(), "cut off": faults.CutBefore()} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.server.FailOnce("CreateOrUpdateCredential", fault)
			f.MustApply("alice", f.binding())
			f.wantRequests(2, 2, 0)
		})
	}
}

func TestAWriteWhoseAnswerWasLostIsFoundDone(t *testing.T) {
	for name, fault := range map[string]faults.Fault{"cut off": faults.CutAfter(), "error 500": azuremsi.ServerError().ThoughDone()} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.server.FailOnce("CreateOrUpdateCredential", fault)
			f.MustApply("alice", f.binding())
			f.wantRequests(2, 1, 0)
		})
	}
}

// outdate has what is known of the identity be too old to answer.
func (f *fixture) outdate() {
	f.editor.mu.Lock()
	defer f.editor.mu.Unlock()
	for _, m := range f.editor.identities {
		m.outdated = true
	}
}

func TestAListFromBeforeOurWritesIsNotBelieved(t *testing.T) {
	f := start(t)
	b := f.binding()
	f.MustApply("alice", b)
	f.outdate()
	f.server.FailOnce("ListCredentials", faults.Stale())
	f.MustRevoke("alice", b)
	if f.admits("alice") {
		t.Fatal("a list from before it was made has hidden the credential from Revoke")
	}
	f.outdate()
	f.server.FailOnce("ListCredentials", faults.Stale())
	f.MustApply("alice", b)
	if !f.admits("alice") {
		t.Fatal("a list from before it was deleted has made Apply believe in the credential")
	}
}

// What may have been written counts as written: Revoke then deletes, whatever a list shows.
func TestAFailedWriteIsRememberedUnlessItWasSurelyNotDone(t *testing.T) {
	tests := map[string]struct {
		fault faults.Fault
		maybe bool
	}{
		"cut off before":     {faults.CutBefore(), true},
		"cut off after":      {faults.CutAfter(), true},
		"an error 500":       {azuremsi.ServerError(), true},
		"throttled":          {azuremsi.Throttle(), false},
		"denied":             {faults.Fail(403, "AuthorizationFailed", "no"), false},
		"somebody else is":   {faults.Fail(409, "Conflict", "no"), false},
		"the request is bad": {faults.Fail(400, "BadRequest", "no"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			id, r, _, err := requestOf("alice", f.binding())
			if err != nil {
				t.Fatal(err)
			}
			r.present = true
			f.server.Fault(func(azuremsi.Request) faults.Fault { return test.fault })
			f.editor.mu.Lock()
			m := f.editor.memoryOf(id)
			m.known.clientID = f.clientID
			f.editor.mu.Unlock()
			f.editor.serve(t.Context(), id, r)
			f.editor.mu.Lock()
			defer f.editor.mu.Unlock()
			if touched := m.touched[r.name].present; touched != test.maybe {
				t.Errorf("it counts as written: %t", touched)
			}
		})
	}
}

func TestWhatWasWrittenLongAgoIsReadAsItIs(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Settle = time.Nanosecond })
	b := f.binding()
	f.MustApply("alice", b)
	f.server.RemoveCredential(f.id, f.server.Credentials(f.id)[0].Name)
	f.outdate()
	f.MustRevoke("alice", b)
	f.wantRequests(2, 1, 0)
}

func TestRetryAfterIsKept(t *testing.T) {
	f := start(t)
	other, otherClient := f.server.AddIdentity("Other")
	f.server.SetRetryAfter(3600)
	f.server.FailOnce("ListCredentials", azuremsi.Throttle())
	b := f.binding()
	if err := f.Apply(t.Context(), "alice", b); plugin.AsError(err).Kind != plugin.Waiting {
		t.Fatal(err)
	}
	f.AwaitNews("alice")
	err := f.Apply(t.Context(), "alice", b)
	if e := plugin.AsError(err); e.Kind != plugin.Waiting || e.Reason != profilev1.ReasonBinding || !strings.Contains(e.Message, "called less often") {
		t.Errorf("alice is told %v", err)
	}
	if err := f.Apply(t.Context(), "bob", b); !strings.Contains(plugin.AsError(err).Message, "called less often") {
		t.Errorf("bob is told %v", err)
	}
	id, _, _, _ := requestOf("alice", b)
	f.editor.work(t.Context(), id)
	f.wantRequests(1, 0, 0)
	f.MustApply("carol", f.planned(`{"clientId":"`+otherClient+`","identityResourceId":"`+other+`"}`))
	f.editor.mu.Lock()
	pause := time.Until(f.editor.identities[id].resume)
	f.editor.mu.Unlock()
	if pause < 9*time.Minute || pause > 10*time.Minute {
		t.Errorf("Azure is asked again in %s; want 10 minutes at most", pause)
	}
}

func TestARequestThatIsTakenBackWhileItWaitsIsNotCarriedOut(t *testing.T) {
	f := start(t)
	b := f.binding()
	arrived, release := f.server.Hold("ListCredentials")
	if err := f.Apply(t.Context(), "alice", b); err == nil {
		t.Fatal("nothing was waited for")
	}
	<-arrived
	if err := f.Revoke(t.Context(), "alice", b); err == nil {
		t.Fatal("nothing was waited for")
	}
	release()
	f.MustRevoke("alice", b)
	f.wantRequests(1, 0, 0)
}

func TestARemovalComesFirstAndMakesRoom(t *testing.T) {
	f := start(t, func(o *Options) { o.CredentialLimit = 1 })
	b := f.binding()
	f.MustApply("alice", b)
	f.outdate()
	arrived, release := f.server.Hold("ListCredentials")
	if err := f.Apply(t.Context(), "bob", b); err == nil {
		t.Fatal("nothing was waited for")
	}
	<-arrived
	if err := f.Revoke(t.Context(), "alice", b); err == nil {
		t.Fatal("nothing was waited for")
	}
	release()
	f.AwaitNews("bob")
	f.MustApply("bob", b)
	if f.admits("alice") || !f.admits("bob") {
		t.Errorf("alice is admitted: %t, bob: %t", f.admits("alice"), f.admits("bob"))
	}
}

func TestAnnotateOnlyCallsNobody(t *testing.T) {
	f := start(t)
	b := f.planned(`{"clientId":"` + f.clientID + `","identityResourceId":"` + f.id + `","annotateOnly":true}`)
	again, err := f.Check(t.Context(), "alice", b)
	if again != 0 || err != nil || f.Apply(t.Context(), "alice", b) != nil || f.Revoke(t.Context(), "alice", b) != nil {
		t.Errorf("Check: %s, %v", again, err)
	}
	if n := f.server.AllRequests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	f := start(t, func(o *Options) { o.Observe = Observer(registry) })
	f.MustApply("alice", f.binding())
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || *families[0].Name != "kfprofiles_azure_requests_total" || len(families[0].Metric) != 3 {
		t.Errorf("metrics %v, %v", families, err)
	}
}

func TestAPluginNeedsItsParts(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a plugin without a client is made")
	}
}
