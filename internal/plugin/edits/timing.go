package edits

import (
	"hash/fnv"
	"time"
)

// Timing says how long things are waited for and believed.
type Timing struct {
	// Gather is how long the first edit of an identity waits for others, so that Profiles
	// that are created together cost one write. A person hardly notices it.
	Gather time.Duration
	// GatherAtMost bounds the wait while ever more Profiles are on their way.
	GatherAtMost time.Duration
	// Settle is how long a Lagging cloud may go on showing a state from before a write.
	Settle time.Duration
	// Hold is how long a new process waits before it edits anything: it does not know what
	// another one replaced just before. It should be as long as Settle.
	Hold time.Duration
	// Reread is the pause before a state that is not up to date is read again.
	Reread time.Duration
	// Trust is how long what was read of an identity answers questions about it without a
	// request.
	Trust time.Duration
	// Failure is how long an identity that cannot be edited is not tried again, so that many
	// Profiles with a wrong identity cost one request and not one each.
	Failure time.Duration
	// Drift is how often each identity is read to see whether somebody else changed it. It
	// must be more than 0. Identities have their own times, spread over this interval.
	Drift time.Duration
	// Backoff is the pause after a passing fault, which doubles up to LongestBackoff.
	Backoff, LongestBackoff time.Duration
}

// DefaultTiming is for a cloud whose reads show the last write. One that is Lagging needs
// Settle, Hold and Reread besides.
func DefaultTiming() Timing {
	return Timing{
		Gather:         250 * time.Millisecond,
		GatherAtMost:   30 * time.Second,
		Trust:          time.Minute,
		Failure:        time.Minute,
		Drift:          time.Hour,
		Backoff:        500 * time.Millisecond,
		LongestBackoff: time.Minute,
	}
}

// NextLook is the first time after a given one at which an identity is looked at. It
// depends on nothing but the identity's name and the interval, which must be more than 0, so
// all Profiles on an identity agree on it, before and after a restart, and share the requests.
func NextLook(identity string, interval time.Duration, after time.Time) time.Time {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(identity))
	offset := time.Duration(sum.Sum64() % uint64(interval))
	look := after.Truncate(interval).Add(offset)
	for !look.After(after) {
		look = look.Add(interval)
	}
	return look
}
