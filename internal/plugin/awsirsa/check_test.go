package awsirsa

import (
	"testing"
	"time"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// age has the last reading of the role be long ago.
func (f *fixture) age(b plugin.Binding) {
	f.editor.mu.Lock()
	defer f.editor.mu.Unlock()
	m := f.editor.roles[b.Identity]
	m.looked = m.looked.Add(-2 * f.editor.timing.Drift)
	m.knownAt = m.knownAt.Add(-2 * f.editor.timing.Drift)
	m.failedAt = m.failedAt.Add(-2 * f.editor.timing.Drift)
}

// bound binds many Profiles to the role r and forgets what that cost.
func (f *fixture) bound(names []string) plugin.Binding {
	f.t.Helper()
	b := f.role("r", foreignPolicy)
	f.inLine(names, b)
	for _, err := range f.together(names, b) {
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
	f.host.SetBacklog(1)
	var waiting []string
	for _, name := range names {
		if _, err := f.Check(f.t.Context(), name, b); err != nil {
			waiting = append(waiting, name)
		}
	}
	f.host.SetBacklog(0)
	for _, name := range waiting {
		receive(f.t, f.host.News(name))
	}
	for _, name := range names {
		if again, err := f.Check(f.t.Context(), name, b); err != nil || again <= 0 || again > f.editor.timing.Drift {
			f.t.Errorf("%s: Check wants to be called again after %s, error %v", name, again, err)
		}
	}
}

func TestOneLookADriftIntervalServesAllProfilesOfARole(t *testing.T) {
	f := start(t)
	names := profiles(20)
	b := f.bound(names)
	f.look(names, b)
	f.wantRequests("r", 0, 0)
	f.age(b)
	f.look(names, b)
	f.wantRequests("r", 1, 0)
}

func TestDriftIsRepairedAtTheNextLook(t *testing.T) {
	f := start(t)
	names := profiles(20)
	b := f.bound(names)
	if err := f.server.SetTrustPolicy("r", foreignPolicy); err != nil {
		t.Fatal(err)
	}
	f.age(b)
	f.forgetReplaced(b)
	f.look(names, b)
	for _, name := range names {
		if !f.admits("r", name) {
			t.Errorf("%s was not put back", name)
		}
	}
	f.wantRequests("r", 2, 1)
}

// forgetReplaced lets the time go by in which IAM might show a policy from before a write.
func (f *fixture) forgetReplaced(b plugin.Binding) {
	f.editor.mu.Lock()
	defer f.editor.mu.Unlock()
	f.editor.roles[b.Identity].replaced = nil
}

func TestARestartSendsNothingForWhatHolds(t *testing.T) {
	server := startAccount(t, iamsts.Options{})
	before := startOn(t, server)
	names := profiles(20)
	b := before.bound(names)
	before.stop()
	after := startOn(t, server)
	after.look(names, b)
	after.wantRequests("r", 0, 0)
}

func TestALookThatFindsNoRoleIsTold(t *testing.T) {
	f := start(t)
	b := f.bound([]string{"alice"})
	f.server.RemoveRole("r")
	f.age(b)
	if _, err := f.Check(t.Context(), "alice", b); err == nil || plugin.AsError(err).Kind != plugin.Waiting {
		t.Fatalf("Check is answered with %v; want to be told to wait", err)
	}
	receive(t, f.host.News("alice"))
	again, err := f.Check(t.Context(), "alice", b)
	wantRefusal(t, err, profilev1.ReasonIdentityNotFound)
	if again <= 0 || again > f.editor.timing.Failure {
		t.Errorf("Check wants to be called again after %s; want it when the failure is forgotten", again)
	}
	f.wantRequests("r", 1, 0)
}

func TestNextLook(t *testing.T) {
	const interval = time.Hour
	now := time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)
	counts := map[time.Duration]int{}
	for _, role := range profiles(600) {
		look := nextLook(role, interval, now)
		if !look.After(now) || look.After(now.Add(interval)) {
			t.Fatalf("%s is looked at at %s; want it after %s and within %s", role, look, now, interval)
		}
		if next := nextLook(role, interval, look); !next.Equal(look.Add(interval)) {
			t.Fatalf("%s is looked at at %s and then at %s; want it once an interval", role, look, next)
		}
		if earlier := nextLook(role, interval, look.Add(-time.Nanosecond)); !earlier.Equal(look) {
			t.Fatalf("the time for %s depends on who asks: %s and %s", role, look, earlier)
		}
		counts[look.Sub(now)/(interval/6)]++
	}
	for part := range time.Duration(6) {
		if counts[part] < 50 || counts[part] > 150 {
			t.Errorf("%d of 600 roles are looked at in part %d of 6: %v", counts[part], part, counts)
		}
	}
}
