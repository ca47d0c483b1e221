package awsirsa

import (
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// bound binds many Profiles to the role r and forgets what that cost.
func (f *fixture) bound(names []string) plugin.Binding {
	f.t.Helper()
	b := f.role("r", foreignPolicy)
	f.InLine(names, b)
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
	f.Host.SetBacklog(1)
	var waiting []string
	for _, name := range names {
		if _, err := f.Check(f.t.Context(), name, b); err != nil {
			waiting = append(waiting, name)
		}
	}
	f.Host.SetBacklog(0)
	for _, name := range waiting {
		f.AwaitNews(name)
	}
	for _, name := range names {
		if again, err := f.Check(f.t.Context(), name, b); err != nil || again <= 0 || again > shortTiming().Drift {
			f.t.Errorf("%s: Check wants to be called again after %s, error %v", name, again, err)
		}
	}
}

func TestDriftIsRepairedAtTheNextLook(t *testing.T) {
	f := start(t, func(o *Options) { o.Timing.Drift = 20 * time.Millisecond })
	names := plugintest.Profiles(3)
	b := f.bound(names)
	if err := f.server.SetTrustPolicy("r", foreignPolicy); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for !f.admits("r", name) {
			f.checkWhenDue(name, b)
		}
	}
	if f.server.RequestsFor("r")["UpdateAssumeRolePolicy"] == 0 {
		t.Error("nobody was missing, so this test shows nothing")
	}
}

// checkWhenDue calls Check, and returns when it wants to be called again.
func (f *fixture) checkWhenDue(profile string, b plugin.Binding) {
	f.t.Helper()
	again, err := f.Check(f.t.Context(), profile, b)
	if err != nil {
		f.AwaitNews(profile)
		return
	}
	<-time.After(again)
}

func TestARestartSendsNothingForWhatHolds(t *testing.T) {
	server := startAccount(t, iamsts.Options{})
	before := startOn(t, server)
	names := plugintest.Profiles(20)
	b := before.bound(names)
	before.Stop()
	after := startOn(t, server)
	after.look(names, b)
	after.wantRequests("r", 0, 0)
}
