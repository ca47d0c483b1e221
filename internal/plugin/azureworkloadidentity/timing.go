package azureworkloadidentity

import (
	"hash/fnv"
	"time"
)

// Timing says how long things are waited for and believed.
type Timing struct {
	// Settle is how long a list may go on showing the credentials from before one of our
	// own writes. Microsoft promises nothing about that.
	Settle time.Duration
	// Trust is how long what Azure said of an identity, also that it refused something,
	// answers questions about it without a request, so that many Profiles with a wrong
	// identity cost one request and not one each.
	Trust time.Duration
	// Drift is how often each identity is read to see whether somebody else changed its
	// credentials. Identities have their own times, spread over this interval.
	Drift time.Duration
	// Backoff is the pause after a passing fault, which doubles up to LongestBackoff, unless
	// Azure says how long to wait.
	Backoff, LongestBackoff time.Duration
}

// DefaultTiming is what a controller uses.
func DefaultTiming() Timing {
	return Timing{
		Settle:         30 * time.Second,
		Trust:          time.Minute,
		Drift:          time.Hour,
		Backoff:        time.Second,
		LongestBackoff: 2 * time.Minute,
	}
}

// nextLook is the first time after a given one at which an identity is looked at. It depends
// on nothing but the identity's name and the interval, so all Profiles on an identity agree
// on it, before and after a restart, and share the requests.
func nextLook(id ResourceID, interval time.Duration, after time.Time) time.Time {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(id.String()))
	look := after.Truncate(interval).Add(time.Duration(sum.Sum64() % uint64(interval)))
	for !look.After(after) {
		look = look.Add(interval)
	}
	return look
}
