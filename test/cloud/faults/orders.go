package faults

import "sync"

// Orders decide on the fault of each request, one at a time. R is what a double says of a
// request when it asks. The zero value orders none.
type Orders[R any] struct {
	mu     sync.Mutex
	choose func(R) Fault
}

// Set has choose decide what goes wrong with each request from now on; nil ends all
// faults. It is called for one request at a time, so it may count in its own variables,
// but it must not call Set.
func (o *Orders[R]) Set(choose func(R) Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.choose = choose
}

// Decide returns the fault of a request.
func (o *Orders[R]) Decide(request R) Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.choose == nil {
		return Fault{}
	}
	return o.choose(request)
}
