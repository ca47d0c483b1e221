package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// startAnother starts a controller beside the shared one, and kills it when the test ends
// unless it was stopped.
func (f *fixture) startAnother(flags ...string) *playground.Controller {
	f.t.Helper()
	c, err := pg.StartController(f.ctx, playground.ControllerOptions{Flags: flags})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Kill)
	return c
}

func (f *fixture) awaitLeading(c *playground.Controller, want float64) {
	f.t.Helper()
	f.eventually(fmt.Sprintf("the metric of leadership is %v", want), func() error {
		samples, err := scrape(c)
		if err != nil {
			return err
		}
		if got := sum(samples, "leader_election_master_status"); got != want {
			return fmt.Errorf("it is %v", got)
		}
		return nil
	})
}

// awaitRenewals waits until the leader has renewed its lease so many times. It is the one
// thing that an idle controller does, and so measures how long it has been idle.
func (f *fixture) awaitRenewals(times int) {
	f.t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: meta(playground.SystemNamespace, "kubeflow-profile-controller")}
	for range times {
		before := live(f, lease).Spec.RenewTime.Time
		f.eventually("the lease is renewed", func() error {
			if now := live(f, lease).Spec.RenewTime.Time; now.Equal(before) {
				return errors.New("it is not")
			}
			return nil
		})
	}
}

func TestOfTwoControllersOneWorks(t *testing.T) {
	f := withController(t)
	f.awaitLeading(f.controller, 1)
	standby := f.startAnother()
	f.awaitLeading(standby, 0)
	f.create(MakeProfile("led-1").Obj())
	f.awaitReady("led-1")
	f.settle()
	mustAnswer(t, standby.Probes+"/readyz", http.StatusOK)
	mustAnswer(t, standby.Probes+"/healthz", http.StatusOK)
	samples, err := scrape(standby)
	if err != nil {
		t.Fatal(err)
	}
	if written := sum(samples, "kfprofiles_api_writes_total") + sum(samples, "controller_runtime_reconcile_total"); written > 0 {
		t.Errorf("the standby worked as well: %v", written)
	}

	before := f.mark()
	f.stop()
	f.awaitLeading(standby, 1)
	f.controller = standby
	f.awaitAtWork()
	f.mustHaveBeenSilent(before)
	f.create(MakeProfile("led-2").Obj())
	f.awaitReady("led-2")
	if err := standby.Stop(); err != nil {
		t.Errorf("the second leader did not stop in good order: %v", err)
	}
	f.controller = nil
}

func mustAnswer(t *testing.T, address string, want int) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		t.Errorf("%s answers %s", address, response.Status)
	}
}

// TestAControllerThatIsAskedToStopAmidWorkStopsInGoodOrder relies on stop, which fails the
// test unless the controller exits with 0, and has the next one finish the work.
func TestAControllerThatIsAskedToStopAmidWorkStopsInGoodOrder(t *testing.T) {
	f := withController(t)
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("amid-%02d", i))
		f.create(MakeProfile(names[i]).Quota("cpu", "1").Obj())
	}
	f.stop()
	f.start()
	f.awaitReady(names...)
	for _, name := range names {
		mustBeComplete(f, name)
	}
}

// TestWithoutLeaderElectionNoLeaseIsTouched is for those who run one replica and no lease.
func TestWithoutLeaderElectionNoLeaseIsTouched(t *testing.T) {
	f := withoutController(t)
	before := f.mark()
	f.start("-leader-elect=false")
	f.create(MakeProfile("alone").Obj())
	f.awaitReady("alone")
	f.stop()
	if requests := f.requestsBetween(before, f.mark()); slices.ContainsFunc(requests, func(r request) bool { return r.resource == "leases" }) {
		t.Error("the controller asked for a lease")
	}
	p := live(f, profileNamed("alone"))
	mustEqual(t, "Ready", condition(p, profilev1.ConditionReady).Reason, profilev1.ReasonReady)
}
