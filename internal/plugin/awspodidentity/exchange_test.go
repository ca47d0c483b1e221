package awspodidentity

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// TestWhoeverWouldWaitLongIsToldToComeAgain has a budget of two requests and then one in
// a thousand seconds.
func TestWhoeverWouldWaitLongIsToldToComeAgain(t *testing.T) {
	f := start(t, func(o *Options) { o.RequestsPerSecond = 0.001 })
	b := editorOn(f.role("r"), "")
	plugintest.WantError(t, f.Apply(t.Context(), "alice", b), plugin.Retry, profilev1.ReasonBinding, "waits for its turn")
	plugintest.WantError(t, f.Apply(t.Context(), "bob", b), plugin.Retry, profilev1.ReasonBinding, "-aws-eks-requests-per-second")
	plugintest.WantError(t, f.Revoke(t.Context(), "bob", b), plugin.Retry, profilev1.ReasonBinding, "waits for its turn")
	f.wantRequests(nothingIs)
}

// TestWhoeverWasLetInMayWait has a budget with room for one more request and then for one
// in half a second.
func TestWhoeverWasLetInMayWait(t *testing.T) {
	f := start(t, func(o *Options) { o.RequestsPerSecond = 2 })
	for range 3 {
		if err := f.begin().turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.MustApply("alice", editorOn(f.role("r"), ""))
}

// TestRationingWastesNoRequest has more Profiles than the budget has room for at once, and
// as many workers as a controller. Who is told to come again has not asked EKS anything.
func TestRationingWastesNoRequest(t *testing.T) {
	f := start(t, func(o *Options) { o.RequestsPerSecond = 50 })
	b := editorOn(f.role("r"), "")
	const n = 75
	queue := make(chan string, n)
	for _, name := range plugintest.Profiles(n) {
		queue <- name
	}
	var done atomic.Int64
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for done.Load() < n {
				select {
				case name := <-queue:
					if err := f.Apply(t.Context(), name, b); err != nil {
						queue <- name
						continue
					}
					done.Add(1)
				case <-time.After(time.Millisecond):
				}
			}
		})
	}
	workers.Wait()
	f.wantRequests(map[string]int{"ListPodIdentityAssociations": n, "CreatePodIdentityAssociation": n})
}

func TestThrottlingSlowsDownAll(t *testing.T) {
	f := start(t, func(o *Options) { o.RequestsPerSecond = 100 })
	f.server.Fault(func(eks.Request) faults.Fault { return eks.Throttle() })
	b := editorOn(f.role("r"), "")
	for range 300 {
		if err := f.Revoke(t.Context(), "alice", b); errors.Is(err, errNotYet) {
			return
		}
	}
	t.Error("300 requests in a row were throttled, and the next would still be sent")
}

func TestACallThatIsOverIsNotMistakenForABusyOne(t *testing.T) {
	f := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.begin().turn(ctx); err == nil || errors.Is(err, errNotYet) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	f.MustApply("alice", b)
	f.server.Fault(func(r eks.Request) faults.Fault {
		switch r.Action {
		case "ListPodIdentityAssociations":
			return faults.Fault{}
		case "DescribePodIdentityAssociation":
			return eks.Throttle()
		default:
			return faults.CutBefore()
		}
	})
	for _, profile := range []string{"alice", "bob"} {
		if err := f.Apply(t.Context(), profile, b); plugin.AsError(err).Kind != plugin.Retry {
			t.Errorf("%s: %v", profile, err)
		}
	}
	f.server.Fault(func(eks.Request) faults.Fault { return eks.AccessDenied() })
	_ = f.Apply(t.Context(), "carol", b)
	want := map[string]int{"ListPodIdentityAssociations ok": 3, "ListPodIdentityAssociations AccessDeniedException": 1, "CreatePodIdentityAssociation ok": 1,
		"DescribePodIdentityAssociation throttled": 1, "CreatePodIdentityAssociation unreachable": 1}
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(want, f.requests.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestObserver(t *testing.T) {
	registry := prometheus.NewRegistry()
	count := Observer(registry)
	count("DescribePodIdentityAssociation", "ok")
	count("DescribePodIdentityAssociation", "ok")
	if n, err := testutil.GatherAndCount(registry, "kfprofiles_aws_eks_requests_total"); err != nil || n != 1 {
		t.Errorf("%d series, %v; want one", n, err)
	}
}
