package azureworkloadidentity

import "time"

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
