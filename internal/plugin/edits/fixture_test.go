package edits

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

// fixture is a queue at work, with the product's timing, in a bubble whose time passes by
// itself when all wait.
type fixture struct {
	*Queue[members, memberWish]
	t     *testing.T
	cloud *memoryCloud
	host  *plugintest.Host
	// logged are the lines of the log.
	logged func() []string
}

// conditional runs a test on a cloud whose writes are conditional.
func conditional(t *testing.T, test func(*fixture), options ...func(*Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := newMemoryCloud()
		test(start(t, cloud, cloud, DefaultTiming(), options...))
	})
}

// lagging runs a test on a cloud whose reads lag behind its writes. Options may change
// anything; what has to settle from an earlier process has settled.
func lagging(t *testing.T, test func(*fixture), options ...func(*Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := newMemoryCloud()
		test(start(t, cloud, laggingCloud{cloud}, laggingTiming(), options...))
	})
}

// inLine asks for what is not known to hold.
func (f *fixture) inLine(wishes ...memberWish) {
	f.t.Helper()
	for _, w := range wishes {
		f.wantWaiting(f.Ask("id", w))
	}
}

func laggingTiming() Timing {
	timing := DefaultTiming()
	timing.Settle, timing.Reread = 10*time.Second, 500*time.Millisecond
	return timing
}

func start(t *testing.T, memory *memoryCloud, cloud Cloud[members, memberWish], timing Timing, options ...func(*Options)) *fixture {
	t.Helper()
	memory.set("id")
	host := plugintest.NewHost()
	log, logged := logTo()
	o := Options{Name: "test", Host: host, Log: log, Budget: ration.NewBudget(10000), Timing: timing}
	for _, change := range options {
		change(&o)
	}
	f := &fixture{Queue: New(cloud, o), t: t, cloud: memory, host: host, logged: logged}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { f.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		group.Wait()
	})
	return f
}

func logTo() (logr.Logger, func() []string) {
	var mu sync.Mutex
	var lines []string
	log := funcr.New(func(_, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}, funcr.Options{})
	return log, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(lines)
	}
}

// settle asks as the controller does until the wish holds or is refused.
func (f *fixture) settle(w memberWish) error {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Hour)
	defer cancel()
	return f.host.Until(ctx, w.profile, func() error { return f.Ask("id", w) })
}

func (f *fixture) mustSettle(wishes ...memberWish) {
	f.t.Helper()
	for _, err := range f.together(wishes) {
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// together settles wishes side by side and returns what each was told.
func (f *fixture) together(wishes []memberWish) []error {
	f.t.Helper()
	errs := make([]error, len(wishes))
	var group sync.WaitGroup
	for i, w := range wishes {
		group.Go(func() { errs[i] = f.settle(w) })
	}
	group.Wait()
	return errs
}

func (f *fixture) wantRequests(reads, writes int) {
	f.t.Helper()
	made := map[Operation]int{}
	for _, s := range f.cloud.requests("id") {
		made[s.operation]++
	}
	if made[Read] != reads || made[Write] != writes {
		f.t.Errorf("the cloud got %d reads and %d writes; want %d and %d", made[Read], made[Write], reads, writes)
	}
}

func (f *fixture) wantWaiting(err error) {
	f.t.Helper()
	if err == nil || plugin.AsError(err).Kind != plugin.Waiting {
		f.t.Fatalf("got %v; want to be told to wait", err)
	}
}

func (f *fixture) wantRefusal(err error, reason string) {
	f.t.Helper()
	if err == nil || plugin.AsError(err).Kind != plugin.Refused || plugin.AsError(err).Reason != reason {
		f.t.Fatalf("got %v; want a refusal with the reason %s", err, reason)
	}
}

// once has the first operation of a kind answered otherwise.
func (f *fixture) once(operation Operation, a answer) {
	done := false
	f.cloud.setFault(func(_ string, o Operation) answer {
		if o != operation || done {
			return answer{}
		}
		done = true
		return a
	})
}

func teams(n int) []memberWish {
	var wishes []memberWish
	for i := range n {
		wishes = append(wishes, in(fmt.Sprintf("team-%02d", i)))
	}
	return wishes
}
