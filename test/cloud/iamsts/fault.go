package iamsts

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Fault is what goes wrong with a request. The zero value is nothing.
type Fault struct {
	delay time.Duration
	// fails is answered instead of the result.
	fails *apiError
	// cut ends the connection without an answer.
	cut bool
	// after does what was asked for before it fails or is cut.
	after bool
	stale bool
}

// Throttle answers as IAM does when too much is asked of an account.
func Throttle() Fault { return Fail(http.StatusBadRequest, "Throttling", "Rate exceeded") }

// RequestLimitExceeded is the other way in which AWS throttles.
func RequestLimitExceeded() Fault {
	return Fail(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
}

// ServerError answers 500 and does nothing.
func ServerError() Fault {
	return Fail(http.StatusInternalServerError, "ServiceFailure", "The request processing has failed because of an unknown error, exception or failure.")
}

// ServerErrorAfterWrite does what was asked for and answers 500 all the same.
func ServerErrorAfterWrite() Fault {
	f := ServerError()
	f.after = true
	return f
}

// ConcurrentModification answers that somebody else changes the same thing.
func ConcurrentModification() Fault {
	return Fail(http.StatusConflict, "ConcurrentModification", "Another request is changing this entity. Wait a moment and try again.")
}

// AccessDenied answers as if no policy of the caller allowed the action.
func AccessDenied() Fault { return Fail(http.StatusForbidden, accessDenied, "") }

// Fail answers with any status, code and message and does nothing.
func Fail(status int, code, message string) Fault {
	return Fault{fails: &apiError{status, code, message}}
}

// TimeoutBefore drops the connection; nothing is done.
func TimeoutBefore() Fault { return Fault{cut: true} }

// TimeoutAfterWrite does what was asked for and drops the connection without an answer.
func TimeoutAfterWrite() Fault { return Fault{cut: true, after: true} }

// StaleRead answers GetRole and AssumeRoleWithWebIdentity with the trust policy from
// before the last change.
func StaleRead() Fault { return Fault{stale: true} }

// Delay lets time pass before the request is carried out. That happens even when the
// client has hung up by then, as in a network where a request arrives late.
func Delay(d time.Duration) Fault { return Fault{}.After(d) }

// After is the same fault after some time.
func (f Fault) After(d time.Duration) Fault {
	f.delay = d
	return f
}

// wait returns false when the server closes before the delay is over.
func (f Fault) wait(closing context.Context) bool {
	if f.delay <= 0 {
		return true
	}
	timer := time.NewTimer(f.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-closing.Done():
		return false
	}
}

// goesAhead tells whether what was asked for is done.
func (f Fault) goesAhead() bool { return f.after || !f.cut && f.fails == nil }

// refusal is the error that the fault answers with. AccessDenied without a message gets
// the one that the caller would get without the permission.
func (f Fault) refusal(s *Server, c *call) error {
	switch {
	case f.fails.code != accessDenied || f.fails.message != "":
		return *f.fails
	case c.operation.on == nil:
		return apiError{f.fails.status, accessDenied, "Not authorized to perform " + string(c.service()) + ":" + c.Action}
	default:
		return c.caller.denied(c.Action, c.operation.on(s, c))
	}
}

// faults decides on the fault of each request, one at a time.
type faults struct {
	mu     sync.Mutex
	choose func(Request) Fault
}

// Fault has choose decide what goes wrong with each request from now on; nil ends all
// faults. It is called for one request at a time, so it may count in its own variables,
// and may use the server, except for calling Fault.
func (s *Server) Fault(choose func(Request) Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.choose = choose
}

func (f *faults) decide(r Request) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.choose == nil {
		return Fault{}
	}
	return f.choose(r)
}
