package edits

import (
	"context"
	"slices"
	"time"
)

// batch is the requests about one identity that are served together.
type batch[W Wish] struct {
	identity string
	requests []request[W]
	// last is true when the identity goes back in line after this.
	last bool
}

// wishes are those that may be carried out.
func (b batch[W]) wishes() []W {
	wishes := make([]W, 0, len(b.requests))
	for _, r := range b.requests {
		if !r.probing {
			wishes = append(wishes, r.wish)
		}
	}
	return wishes
}

// work brings one identity to where the waiting requests want it, or puts it back in line.
func (q *Queue[S, W]) work(ctx context.Context, identity string) {
	const turns = 3 // One to write, one to verify, one in case somebody wrote in between.
	for turn := range turns {
		requests, due := q.due(identity)
		if !due {
			return
		}
		b := batch[W]{identity: identity, requests: requests, last: turn == turns-1}
		found, ok := q.read(ctx, b)
		if !ok || q.settleOrEdit(ctx, b, found) {
			return
		}
	}
	q.line.AddRateLimited(identity)
}

// due returns the requests for an identity when it is time to serve them. What another
// process wrote just before this one started may not show yet, and this one would not know
// that it was replaced; so nothing is done until that has settled.
func (q *Queue[S, W]) due(identity string) ([]request[W], bool) {
	backlog := q.host.Backlog()
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.memoryOf(identity)
	if len(m.requests) == 0 {
		return nil, false
	}
	if tooEarly := q.timing.Hold - time.Since(q.started); tooEarly > 0 {
		q.line.AddAfter(identity, tooEarly)
		return nil, false
	}
	if backlog > 0 && !m.writing && len(probesIn(m.requests)) < len(m.requests) && time.Since(m.waitingSince) < q.timing.GatherAtMost {
		q.line.AddAfter(identity, q.timing.Gather)
		return nil, false
	}
	return slices.Clone(m.requests), true
}

// read gets the state, unless it turns out that nothing can be done now.
func (q *Queue[S, W]) read(ctx context.Context, b batch[W]) (S, bool) {
	var found S
	fault := q.send(ctx, b.identity, Read, func() (err error) {
		found, err = q.cloud.Read(ctx, b.identity)
		return err
	})
	if fault != nil {
		q.failed(b, Read, *fault)
		return found, false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.memoryOf(b.identity).replaced.has(found, time.Now(), q.timing.Settle) {
		q.line.AddAfter(b.identity, q.timing.Reread)
		return found, false
	}
	return found, true
}

// settleOrEdit returns true when the identity is as it should be or cannot be so now, and
// false when it has to be read again.
func (q *Queue[S, W]) settleOrEdit(ctx context.Context, b batch[W], found S) bool {
	edited, changed, err := q.cloud.Edit(found, b.wishes())
	switch {
	case err != nil:
		q.failed(b, Read, q.cloud.Explain(b.identity, Read, err))
		return true
	case !changed:
		q.settled(b, found)
		return true
	}
	q.tellOfDrift(b, found)
	written, ok := q.write(ctx, b, found, edited)
	if written == nil {
		return !ok
	}
	if _, changed, err = q.cloud.Edit(*written, b.wishes()); changed || err != nil {
		return false
	}
	q.settled(b, *written)
	return true
}

// tellOfDrift leaves word in the log when what was granted is no longer there.
func (q *Queue[S, W]) tellOfDrift(b batch[W], found S) {
	for _, r := range b.requests {
		if !r.looking {
			continue
		}
		if served, refusal := q.cloud.Judge(found, r.wish); !served && refusal == nil {
			q.log.Info("somebody else changed the identity; putting back what is missing", "identity", b.identity)
			return
		}
	}
}

// write replaces the state. It notes what it replaces beforehand, because a request that
// fails may have been carried out. It returns false when there is nothing more to do now,
// and otherwise what the state is, or nil when that has to be read.
func (q *Queue[S, W]) write(ctx context.Context, b batch[W], before, after S) (written *S, ok bool) {
	q.replacing(b.identity, before)
	fault := q.send(ctx, b.identity, Write, func() (err error) {
		written, err = q.cloud.Write(ctx, b.identity, before, after)
		return err
	})
	if fault == nil {
		// What is written holds from now on, also if it was replaced earlier. While that is
		// not certain it must not be believed: a read may show it from the time before.
		if written != nil {
			after = *written
		}
		q.forgetReplaced(b.identity, after)
		return written, true
	}
	switch {
	case fault.Conflict && !b.last:
		return nil, true
	case fault.NotDone:
		q.forgetReplaced(b.identity, before)
	}
	q.failed(b, Write, *fault)
	return nil, false
}

func (q *Queue[S, W]) replacing(identity string, before S) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.memoryOf(identity)
	m.writing = true
	m.replaced.note(before, time.Now())
}

func (q *Queue[S, W]) forgetReplaced(identity string, state S) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.memoryOf(identity).replaced.forget(state)
}

// send sends one request within the budget.
func (q *Queue[S, W]) send(ctx context.Context, identity string, operation Operation, request func() error) *Fault {
	if err := q.budget.Take(ctx); err != nil {
		fault := q.cloud.Explain(identity, operation, err)
		return &fault
	}
	err := request()
	if err == nil {
		q.budget.Learn(false)
		return nil
	}
	fault := q.cloud.Explain(identity, operation, err)
	q.budget.Learn(fault.Throttled)
	return &fault
}
