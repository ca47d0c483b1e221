package awspodidentity

import "time"

// Timing says how long things are believed.
type Timing struct {
	// Drift is how often each association is looked at, on average, to see whether somebody
	// else changed it. A look takes two requests.
	Drift time.Duration
	// Failure is how long a role or cluster that was refused is not tried again, so that
	// many Profiles with the same mistake cost one request and not one each.
	Failure time.Duration
	// Settle is how long EKS may go on showing an association as it was before a change. EKS
	// says of itself that it is eventually consistent, within seconds.
	Settle time.Duration
}

// DefaultTiming is what a controller uses. With a thousand accounts it makes for a look
// every fifteen seconds.
func DefaultTiming() Timing {
	return Timing{Drift: 4 * time.Hour, Failure: time.Minute, Settle: 10 * time.Second}
}
