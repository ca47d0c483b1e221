package plugintest

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// errCut is what a call gets whose answer was lost.
var errCut = errors.New("connection reset: the test cut this call off")

// cut says where calls to the cloud are cut off.
type cut struct {
	// at is the number of the call, from 1; 0 cuts off none.
	at int
	// after lets the call be carried out first.
	after bool
	// forGood is the death of the process: from then on no call gets through.
	forGood bool
}

// outside carries calls to the cloud.
type outside struct {
	to  *http.Transport
	cut cut
	// broken is closed when the cut has happened.
	broken chan struct{}

	mu    sync.Mutex
	calls int
}

func newOutside(c cut) *outside {
	return &outside{to: &http.Transport{}, cut: c, broken: make(chan struct{})}
}

// RoundTrip carries one call to the cloud, or does not.
func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	n := o.count()
	switch {
	case n > o.cut.at && o.cut.forGood && o.hasBroken():
		drop(r.Body)
		return nil, errCut
	case n != o.cut.at:
		return o.to.RoundTrip(r)
	}
	defer close(o.broken)
	if !o.cut.after {
		drop(r.Body)
		return nil, errCut
	}
	answer, err := o.to.RoundTrip(r)
	if err == nil {
		drop(answer.Body)
	}
	return nil, errCut
}

func drop(body io.ReadCloser) {
	if body != nil {
		_, _ = io.Copy(io.Discard, body)
		_ = body.Close()
	}
}

func (o *outside) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	return o.calls
}

func (o *outside) made() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

func (o *outside) hasBroken() bool {
	select {
	case <-o.broken:
		return true
	default:
		return false
	}
}
