package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

const (
	// googleRounds is how often the controller is killed.
	googleRounds = 8
	// googleTeams are the Profiles that come, change and go meanwhile.
	googleTeams = 8
)

// TestNoFaultOpensAGoogleServiceAccount has people change Profiles on three accounts that
// others use as well, while IAM fails in all its ways and the controller is killed. In the
// end the policies must say just what the Profiles say, and at no moment may they have let
// somebody in whom no spec ever named, or have lost what others put there.
func TestNoFaultOpensAGoogleServiceAccount(t *testing.T) {
	f := newGoogle(t)
	random := seeded(t)
	accounts := []string{f.account("fault-a", sharedPolicy), f.account("fault-b", sharedPolicy), f.account("fault-c", sharedPolicy)}
	teams := &googleCrowd{googleFixture: f, random: random, accounts: accounts, now: map[string]string{}, ever: map[string]bool{}}
	options := f.controllerOptions("-leader-elect=false", "-gcp-drift-check-interval=2s", "-gcp-consistency-delay=4s")
	for range googleRounds {
		for range 5 {
			teams.step()
		}
		f.google.Fault(f.badWeather(random))
		f.killDuring(1+random.IntN(20), func() { f.launch(options) })
	}
	f.google.Fault(nil)
	f.startWith(options)
	for _, name := range teams.names() {
		f.eventually(name+" is as it was last asked to be", func() error { return teams.arrived(name) })
	}
	states := 0
	for _, email := range accounts {
		for _, v := range f.google.History(email) {
			teams.mustBeSound(email, v.Policy)
			states++
		}
	}
	t.Logf("%d states of %d policies", states, len(accounts))
	var left []string
	for name := range teams.now {
		left = append(left, name)
	}
	f.leave(left...)
	for _, email := range accounts {
		f.mustBeAsBefore(email)
	}
}

// badWeather has one request in three fail. A policy from before is shown only right after
// the process that is beginning changed it: what its predecessor did has settled by then, as
// -gcp-start-delay sees to.
func (f *googleFixture) badWeather(random *rand.Rand) func(gcpiam.Request) faults.Fault {
	source := rand.New(rand.NewPCG(random.Uint64(), random.Uint64())) // Requests come at any time, and random is not theirs.
	kinds := []faults.Fault{gcpiam.Throttle(), gcpiam.ServerError(), gcpiam.ServerError().ThoughDone(), gcpiam.Conflict(), gcpiam.PermissionDenied(),
		faults.CutBefore(), faults.CutAfter(), faults.Stale()}
	began := time.Now()
	return func(r gcpiam.Request) faults.Fault {
		history := f.google.History(r.ServiceAccount)
		changed := history[len(history)-1].At
		fault := kinds[source.IntN(len(kinds))]
		if source.IntN(3) > 0 || fault.IsStale() && (changed.Before(began) || time.Since(changed) > time.Second) {
			return faults.Fault{}
		}
		return fault
	}
}

// killDuring kills a controller when IAM has got this many requests, or when it is done.
func (f *googleFixture) killDuring(requests int, launch func()) {
	f.t.Helper()
	f.google.ResetRequests()
	launch()
	f.killWhenAsked(requests, f.google.Requests)
}

// killWhenAsked kills the controller when a cloud has got so many requests in all, or when
// it is done.
func (f *fixture) killWhenAsked(requests int, got func() map[string]int) {
	f.t.Helper()
	settled := f.settled()
	f.eventually(fmt.Sprintf("the controller sends %d requests or is done", requests), func() error {
		sent := 0
		for _, n := range got() {
			sent += n
		}
		if sent < requests && settled() != nil {
			return fmt.Errorf("it has sent %d", sent)
		}
		return nil
	})
	running.kill()
	f.controller = nil
}

// googleCrowd are people who change Profiles at random.
type googleCrowd struct {
	*googleFixture
	random   *rand.Rand
	accounts []string
	// now is which account each Profile names, or empty for none; ever are the accounts and
	// Profiles that were ever together.
	now  map[string]string
	ever map[string]bool
}

func (c *googleCrowd) names() []string {
	var names []string
	for i := range googleTeams {
		names = append(names, fmt.Sprintf("google-fault-%d", i))
	}
	return names
}

// step creates, changes or deletes one Profile.
func (c *googleCrowd) step() {
	c.t.Helper()
	name := c.names()[c.random.IntN(googleTeams)]
	email, settings := "", []string(nil)
	if c.random.IntN(4) > 0 {
		email = c.accounts[c.random.IntN(len(c.accounts))]
		settings = []string{googleSpec(email)}
		c.ever[email+" "+name] = true
	}
	p := profileNamed(name)
	switch err := pg.Client.Get(c.ctx, client.ObjectKeyFromObject(p), p); {
	case apierrors.IsNotFound(err):
		made := MakeProfile(name)
		for _, s := range settings {
			made.Plugin(googleKind, s)
		}
		c.create(made.Obj())
	case err != nil:
		c.t.Fatal(err)
	case p.DeletionTimestamp != nil:
		return
	case c.random.IntN(4) == 0:
		c.remove(p)
		delete(c.now, name)
		return
	default:
		c.give(name, settings...)
	}
	c.now[name] = email
}

// arrived tells what is not yet as a Profile was last asked to be.
func (c *googleCrowd) arrived(name string) error {
	wanted, lives := c.now[name]
	for _, email := range c.accounts {
		if got, want := c.mayUse(email, name, editor), lives && email == wanted; got != want {
			return fmt.Errorf("it may use %s: %t", email, got)
		}
	}
	p := profileNamed(name)
	err := pg.Client.Get(c.ctx, client.ObjectKeyFromObject(p), p)
	switch {
	case !lives && err == nil:
		return errors.New("it is not gone")
	case !lives:
		return client.IgnoreNotFound(err)
	case err != nil:
		return err
	case wanted != "" && (len(p.Status.Identities) != 1 || p.Status.Identities[0].Identity != wanted):
		return fmt.Errorf("the records are %+v", p.Status.Identities)
	}
	return nil
}

// mustBeSound fails the test if a state of a policy has somebody of the cluster whom no
// spec named, or lacks what is not ours.
func (c *googleCrowd) mustBeSound(email, policy string) {
	c.t.Helper()
	for _, name := range append(c.names(), "google-stranger", "batch") {
		if gcpiam.Admits(policy, clusterProject, name, editor) && !c.ever[email+" "+name] {
			c.t.Errorf("%s let %s in, which never named it: %s", email, name, policy)
		}
	}
	if got, want := withoutTeams(c.t, policy), withoutTeams(c.t, sharedPolicy); got != want {
		c.t.Errorf("what is not ours in %s is\n%s\nwant\n%s", email, got, want)
	}
}

// withoutTeams is a policy without what the controller may put there.
func withoutTeams(t *testing.T, policy string) string {
	t.Helper()
	var document struct {
		Bindings     []map[string]any `json:"bindings"`
		AuditConfigs json.RawMessage  `json:"auditConfigs"`
	}
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		t.Fatal(err)
	}
	text := string(document.AuditConfigs)
	for _, b := range document.Bindings {
		var kept []any
		for _, m := range b["members"].([]any) {
			if !strings.HasPrefix(fmt.Sprint(m), "serviceAccount:"+clusterProject+".svc.id.goog[google-fault-") {
				kept = append(kept, m)
			}
		}
		if b["members"] = kept; len(kept) > 0 {
			text += "\n" + fmt.Sprint(b) // Maps are printed in the order of their keys.
		}
	}
	return text
}
