package azuremsi

import (
	"maps"
	"net/http"
	"sync"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Throttle answers that too much is asked. SetRetryAfter says for how long.
func Throttle() faults.Fault {
	return faults.Fail(http.StatusTooManyRequests, "TooManyRequests", "The request was throttled.")
}

// ServerError answers 500 and does nothing.
func ServerError() faults.Fault {
	return faults.Fail(http.StatusInternalServerError, "InternalServerError", "An unexpected error occurred.")
}

// Request is one request to the server, for a Fault to choose by.
type Request struct {
	// Operation is GetIdentity, ListCredentials, GetCredential, CreateOrUpdateCredential or
	// DeleteCredential.
	Operation string
	// Identity is the resource ID of the identity that it is about.
	Identity string
	// N is the number of the request, from 1.
	N int
}

// Fault has choose decide what goes wrong with each request from now on, except for those
// that are refused for want of rights; nil ends all faults. It is called for one request at a
// time, so it may count in its own variables, and may use the server, except for calling
// Fault. A refusal without a code is not one of
// Resource Manager, but of something in between.
func (s *Server) Fault(choose func(Request) faults.Fault) { s.orders.Set(choose) }

// FailOnce has the next request of an operation go wrong.
func (s *Server) FailOnce(operation string, fault faults.Fault) {
	done := false
	s.Fault(func(r Request) faults.Fault {
		if r.Operation != operation || done {
			return faults.Fault{}
		}
		done = true
		return fault
	})
}

// SetRetryAfter has answers with the status 429 say after how many seconds to ask again; 0
// leaves that out.
func (s *Server) SetRetryAfter(seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retryAfter = seconds
}

// Hold keeps the next request of an operation in the middle until release is called, and
// tells when it has arrived there. A write that is held keeps all others of its identity
// out.
func (s *Server) Hold(operation string) (arrived <-chan struct{}, release func()) {
	h := &held{operation: operation, arrived: make(chan struct{}), until: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = h
	return h.arrived, sync.OnceFunc(func() { close(h.until) })
}

// held is a request that is kept in the middle.
type held struct {
	operation      string
	arrived, until chan struct{}
}

// holdBack returns when a request may go on.
func (s *Server) holdBack(r *http.Request, operation string) {
	s.mu.Lock()
	h := s.hold
	if h == nil || h.operation != operation {
		s.mu.Unlock()
		return
	}
	s.hold = nil
	s.mu.Unlock()
	close(h.arrived)
	select {
	case <-h.until:
	case <-r.Context().Done():
	}
}

// recorder counts the requests, failed or not.
type recorder struct {
	mu   sync.Mutex
	all  int
	seen map[string]map[string]int
}

func (r *recorder) count(operation, identity string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]map[string]int{}
	}
	if r.seen[key(identity)] == nil {
		r.seen[key(identity)] = map[string]int{}
	}
	r.seen[key(identity)][operation]++
	r.all++
	return r.all
}

// Requests counts by operation the requests about an identity since the start or the last
// ResetRequests, also those that failed.
func (s *Server) Requests(identity string) map[string]int {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return maps.Clone(s.recorder.seen[key(identity)])
}

// AllRequests is how many requests there were since the start, about whatever.
func (s *Server) AllRequests() int {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return s.recorder.all
}

// ResetRequests lets Requests start again at none.
func (s *Server) ResetRequests() {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	s.recorder.seen = nil
}
