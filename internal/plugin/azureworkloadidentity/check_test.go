package azureworkloadidentity

import (
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
)

// bound binds many Profiles and forgets what that cost.
func (f *fixture) bound(names []string) plugin.Binding {
	f.t.Helper()
	b := f.binding()
	for _, err := range f.Together(names, f.Apply, b) {
		if err != nil {
			f.t.Fatal(err)
		}
	}
	f.server.ResetRequests()
	return b
}

// look has all Profiles call Check, those that are told to wait once more when called. In
// the end each must have been told when to look next.
func (f *fixture) look(names []string, b plugin.Binding) {
	f.t.Helper()
	var waiting []string
	for _, name := range names {
		if _, err := f.Check(f.t.Context(), name, b); err != nil {
			waiting = append(waiting, name)
		}
	}
	for _, name := range waiting {
		f.AwaitNews(name)
	}
	for _, name := range names {
		if again, err := f.Check(f.t.Context(), name, b); err != nil || again <= 0 || again > f.editor.timing.Drift {
			f.t.Errorf("%s: Check wants to be called again after %s, error %v", name, again, err)
		}
	}
}

// drain lets go of news that nobody asked for.
func (f *fixture) drain(names []string) {
	for _, name := range names {
		select {
		case <-f.Host.News(name):
		default:
		}
	}
}

func TestARestartSendsNothingForWhatHolds(t *testing.T) {
	before := start(t)
	names := plugintest.Profiles(20)
	b := before.bound(names)
	before.Stop()
	after := startOn(t, before.server, before.id, before.clientID)
	after.look(names, b)
	after.wantRequests(0, 0, 0)
}

func TestOneLookADriftIntervalServesAllProfilesOfAnIdentity(t *testing.T) {
	f := start(t)
	names := plugintest.Profiles(20)
	b := f.bound(names)
	f.look(names, b)
	f.wantRequests(0, 0, 0)
	f.forget()
	f.drain(names)
	f.look(names, b)
	f.wantRequests(1, 0, 0)
}

func TestDriftIsRepairedAtTheNextLook(t *testing.T) {
	f := start(t)
	names := plugintest.Profiles(5)
	b := f.bound(names)
	for _, gone := range f.server.Credentials(f.id)[:3] {
		f.server.RemoveCredential(f.id, gone.Name)
	}
	f.forget()
	f.drain(names)
	f.look(names, b)
	for _, name := range names {
		if !f.admits(name) {
			t.Errorf("%s was not put back", name)
		}
	}
	f.wantRequests(1, 3, 0)
}

// What was read just before its time is read again, or nobody would look any more.
func TestALookIsMadeAlthoughTheIdentityWasReadJustNow(t *testing.T) {
	f := start(t)
	b := f.bound([]string{"alice"})
	f.editor.mu.Lock()
	for _, m := range f.editor.identities {
		m.looked = m.looked.Add(-2 * f.editor.timing.Drift)
	}
	f.editor.mu.Unlock()
	f.drain([]string{"alice"})
	f.look([]string{"alice"}, b)
	f.wantRequests(1, 0, 0)
}

// The look of one Profile must not be taken for that of the others.
func TestWhoLooksLaterIsPutBackToo(t *testing.T) {
	f := start(t)
	names := plugintest.Profiles(2)
	b := f.bound(names)
	for _, gone := range f.server.Credentials(f.id) {
		f.server.RemoveCredential(f.id, gone.Name)
	}
	f.forget()
	f.drain(names)
	f.look(names[:1], b)
	f.look(names[1:], b)
	if !f.admits(names[0]) || !f.admits(names[1]) {
		t.Errorf("admitted: %t and %t", f.admits(names[0]), f.admits(names[1]))
	}
	f.wantRequests(1, 2, 0)
}

func TestWhatALookFindsWrongIsToldUntilItIsMended(t *testing.T) {
	tests := map[string]struct {
		breaks, mends func(*fixture)
		reason        string
	}{
		"the identity is gone": {func(f *fixture) { f.server.RemoveIdentity(f.id) }, nil, profilev1.ReasonIdentityNotFound},
		"it is another one":    {func(f *fixture) { f.server.AddIdentity("Alice") }, nil, profilev1.ReasonIdentityMismatch},
		"it was altered": {func(f *fixture) {
			f.server.SetCredential(f.id, azuremsi.Credential{Name: f.server.Credentials(f.id)[0].Name, Issuer: testIssuer, Subject: "x", Audience: "y"})
		}, func(f *fixture) {
			f.server.RemoveCredential(f.id, f.server.Credentials(f.id)[0].Name)
		}, profilev1.ReasonForeignBinding},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			b := f.bound([]string{"alice"})
			test.breaks(f)
			f.forget()
			f.drain([]string{"alice"})
			if _, err := f.Check(t.Context(), "alice", b); plugin.AsError(err).Kind != plugin.Waiting {
				t.Fatalf("Check is answered with %v; want to be told to wait", err)
			}
			f.AwaitNews("alice")
			for range 3 {
				again, err := f.Check(t.Context(), "alice", b)
				plugintest.WantRefusal(t, err, test.reason)
				if again <= 0 || again > f.editor.timing.Trust {
					t.Errorf("Check wants to be called again after %s", again)
				}
			}
			if test.mends == nil {
				return
			}
			test.mends(f)
			f.forget()
			_, err := f.Check(t.Context(), "alice", b)
			plugintest.WantRefusal(t, err, test.reason)
			f.AwaitNews("alice")
			if again, err := f.Check(t.Context(), "alice", b); err != nil || again <= 0 || !f.admits("alice") {
				t.Errorf("mended, and alice is admitted: %t, Check %s, %v", f.admits("alice"), again, err)
			}
		})
	}
}

// TestAProbeDoesNotTakeThePlaceOfARemoval has a Profile want in again while it waits to be taken
// out.
func TestAProbeDoesNotTakeThePlaceOfARemoval(t *testing.T) {
	f := start(t)
	b := f.bound([]string{"alice"})
	f.forget()
	f.drain([]string{"alice"})
	if err := f.Revoke(t.Context(), "alice", b); plugin.AsError(err).Kind != plugin.Waiting {
		t.Fatalf("Revoke is answered with %v; want to be told to wait", err)
	}
	_ = f.Probe(t.Context(), "alice", b)
	f.AwaitNews("alice")
	if f.admits("alice") {
		t.Error("it was not taken out")
	}
}
