package edits

import (
	"context"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Wish is what one Profile wants to stand in the state of an identity, or no longer to
// stand there.
type Wish interface {
	comparable
	// Subject names whom the wish is about. Of the wishes about one subject that wait for
	// the same identity, only the latest counts.
	Subject() string
	// Profile is the name of the Profile that is told when there is news.
	Profile() string
}

// Cloud is what the queue has to know of a cloud. Only Read and Write talk to it; the
// other methods are pure and quick, since the queue may hold its lock when it calls them.
// S is what is read of an identity and written back as a whole, such as a policy.
type Cloud[S any, W Wish] interface {
	// Read returns the state of an identity. It sends one request and tries nothing
	// again, as Write does: the queue rations requests and knows when to try again.
	Read(ctx context.Context, identity string) (S, error)
	// Write replaces the state that was read by the edited one. When the cloud's answer
	// says what the state is now, Write returns that and it is believed. Otherwise it
	// returns nil, and the queue reads to see whether the edit holds.
	Write(ctx context.Context, identity string, before, after S) (written *S, err error)
	// Edit returns the state as the wishes want it, and whether that differs from the
	// state given, which it must not modify. A wish that cannot be served is left out,
	// and Judge says why. An error, which goes to Explain as one of Read, means that the
	// state cannot be edited for anybody.
	Edit(state S, wishes []W) (edited S, changed bool, err error)
	// Judge tells whether the state is as the wish wants it: true and nil when it is, false
	// and nil when an edit can make it so, and otherwise why none can.
	Judge(state S, wish W) (served bool, refusal error)
	// UnderFailure tells what it means for a wish that the identity cannot be edited, in
	// the way of Judge: an identity that is gone admits nobody, so it serves a wish to be
	// taken out. False and nil has the queue try all the same.
	UnderFailure(failure *plugin.Error, wish W) (served bool, refusal error)
	// Explain says what the error of an operation means. It gets the errors of Read, Write
	// and Edit, and those of a context that ended.
	Explain(identity string, operation Operation, err error) Fault
	// Waiting is the sentence for a Profile whose wish waits its turn.
	Waiting(identity string) string
}

// Lagging is a Cloud that may go on showing, for Timing.Settle, a state that a write has
// replaced. What is read is then compared with what this process has replaced.
type Lagging[S any] interface {
	// Same tells whether two states are one and the same as far as Edit is concerned.
	Same(a, b S) bool
}

// Operation is what the queue was doing when there was an error.
type Operation int

// The operations of a Cloud.
const (
	Read Operation = iota
	Write
)

// String is for the log.
func (o Operation) String() string {
	if o == Write {
		return "write"
	}
	return "read"
}

// Fault is what an error means.
type Fault struct {
	// Why is told to the Profiles. When it is Refused, trying again is of no use: it is
	// remembered for Timing.Failure and answers the wishes that wait. Any other kind
	// passes: the wishes stay in line, and the Profiles are told once. It should be
	// Waiting then, since the queue tries again by itself. Why.Cause goes to the log.
	Why *plugin.Error
	// Throttled means that the cloud asks to be called less often.
	Throttled bool
	// NotDone means that a write was surely not carried out. Without it the state may be
	// from before or after the write.
	NotDone bool
	// Conflict means that the cloud carried out nothing because the state is no longer the
	// one that was read. It is read again at once.
	Conflict bool
}
