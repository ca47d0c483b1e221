package edits

import (
	"slices"
	"time"
)

// replaced are the states that our own writes replaced so recently that a Lagging cloud
// may still show them. For other clouds it stays empty.
type replaced[S any] struct {
	// same is nil when the cloud is not Lagging.
	same   func(a, b S) bool
	former []former[S]
}

type former[S any] struct {
	state S
	at    time.Time
}

// note is called before a write.
func (r *replaced[S]) note(state S, now time.Time) {
	if r.same != nil {
		r.former = append(r.former, former[S]{state, now})
	}
}

// forget takes notes back: the state may hold after all, or again.
func (r *replaced[S]) forget(state S) {
	r.former = slices.DeleteFunc(r.former, func(f former[S]) bool { return r.same(f.state, state) })
}

// has tells whether a state was replaced within the given time.
func (r *replaced[S]) has(state S, now time.Time, settle time.Duration) bool {
	r.former = slices.DeleteFunc(r.former, func(f former[S]) bool { return now.Sub(f.at) >= settle })
	return slices.ContainsFunc(r.former, func(f former[S]) bool { return r.same(f.state, state) })
}
