package e2e

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// kinds of faults that a request may meet by chance.
var kindsOfFaults = []struct {
	name  string
	fault func() iamsts.Fault
}{
	{"throttle", iamsts.Throttle},
	{"request limit", iamsts.RequestLimitExceeded},
	{"5xx before", iamsts.ServerError},
	{"5xx after", iamsts.ServerErrorAfterWrite},
	{"cut before", iamsts.TimeoutBefore},
	{"cut after", iamsts.TimeoutAfterWrite},
	{"conflict", iamsts.ConcurrentModification},
}

const (
	// oneIn is how many requests there are to one that fails by chance.
	oneIn = 3
	// deniedOneIn is how many requests there are to one with which IAM begins to
	// refuse all of them for a while.
	deniedOneIn = 60
	// staleFor is how old a change may be that a read does not show yet.
	staleFor = 5 * time.Second
)

// weather decides on the faults of one role.
type weather struct {
	mu          sync.Mutex
	random      *rand.Rand
	deniedUntil time.Time
}

// happened are the faults that requests met, in order.
var happened struct {
	mu     sync.Mutex
	faults []incident
	// launches are when controllers were started.
	launches []time.Time
}

// incident is a fault that a request met.
type incident struct {
	at                 time.Time
	role, action, name string
}

func newWeather(seed uint64) *weather { return &weather{random: rand.New(rand.NewPCG(seed, seed))} }

// over is the weather over a role.
func (w *weather) over(role string) func(iamsts.Request) iamsts.Fault {
	return func(r iamsts.Request) iamsts.Fault {
		if r.Action != "GetRole" && r.Action != "UpdateAssumeRolePolicy" {
			return iamsts.Fault{}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		now := time.Now()
		switch {
		case now.Before(w.deniedUntil):
			return noted(r, "denied", iamsts.AccessDenied())
		case w.random.IntN(deniedOneIn) == 0:
			w.deniedUntil = now.Add(time.Duration(w.random.IntN(1500)) * time.Millisecond)
			return noted(r, "denied", iamsts.AccessDenied())
		case r.Action == "GetRole" && changedLately(role, now) && w.random.IntN(2) == 0:
			return noted(r, "stale", iamsts.StaleRead())
		case w.random.IntN(oneIn) > 0:
			return iamsts.Fault{}
		}
		kind := kindsOfFaults[w.random.IntN(len(kindsOfFaults))]
		return noted(r, kind.name, kind.fault())
	}
}

// changedLately tells whether a read may still show what was before the last change. What
// a controller that was killed wrote counts as settled when the next one comes: in a
// cluster that takes a lease to run out.
func changedLately(role string, now time.Time) bool {
	history := aws.History(role)
	last := history[len(history)-1].At
	return len(history) > 1 && now.Sub(last) < staleFor && last.After(lastLaunch())
}

// launched notes that a controller is about to start.
func launched() {
	happened.mu.Lock()
	defer happened.mu.Unlock()
	happened.launches = append(happened.launches, time.Now())
}

func lastLaunch() time.Time {
	happened.mu.Lock()
	defer happened.mu.Unlock()
	return happened.launches[len(happened.launches)-1]
}

func noted(r iamsts.Request, name string, fault iamsts.Fault) iamsts.Fault {
	happened.mu.Lock()
	defer happened.mu.Unlock()
	happened.faults = append(happened.faults, incident{time.Now(), r.Role, r.Action, name})
	return fault
}

// mustHaveHadFaults returns how often each fault happened, and fails the test if one never
// did although there were enough sequences for all of them.
func mustHaveHadFaults(f *fixture, sequences int) map[string]int {
	f.t.Helper()
	happened.mu.Lock()
	defer happened.mu.Unlock()
	count := map[string]int{}
	for _, i := range happened.faults {
		count[i.name]++
	}
	names := []string{"denied", "stale"}
	for _, kind := range kindsOfFaults {
		names = append(names, kind.name)
	}
	for _, name := range names {
		if count[name] == 0 && sequences >= faultSequences {
			f.t.Errorf("no request met the fault %q", name)
		}
	}
	return count
}
