package iamsts

import (
	"net/http"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Fault is what goes wrong with a request. The zero value is nothing.
type Fault = faults.Fault

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
func ServerErrorAfterWrite() Fault { return ServerError().ThoughDone() }

// ConcurrentModification answers that somebody else changes the same thing.
func ConcurrentModification() Fault {
	return Fail(http.StatusConflict, "ConcurrentModification", "Another request is changing this entity. Wait a moment and try again.")
}

// AccessDenied answers as if no policy of the caller allowed the action.
func AccessDenied() Fault { return Fail(http.StatusForbidden, accessDenied, "") }

// Fail answers with any status, code and message and does nothing.
func Fail(status int, code, message string) Fault { return faults.Fail(status, code, message) }

// TimeoutBefore drops the connection; nothing is done.
func TimeoutBefore() Fault { return faults.CutBefore() }

// TimeoutAfterWrite does what was asked for and drops the connection without an answer.
func TimeoutAfterWrite() Fault { return faults.CutAfter() }

// StaleRead answers GetRole and AssumeRoleWithWebIdentity with the trust policy from
// before the last change.
func StaleRead() Fault { return faults.Stale() }

// Delay lets time pass before the request is carried out. That happens even when the
// client has hung up by then, as in a network where a request arrives late.
func Delay(d time.Duration) Fault { return faults.Delay(d) }

// refusal is the error that a fault answers with. AccessDenied without a message gets
// the one that the caller would get without the permission.
func (s *Server) refusal(r faults.Refusal, c *call) error {
	switch {
	case r.Code != accessDenied || r.Message != "":
		return apiError{r.Status, r.Code, r.Message}
	case c.operation.on == nil:
		return apiError{r.Status, accessDenied, "Not authorized to perform " + string(c.service()) + ":" + c.Action}
	default:
		return c.caller.denied("iam:"+c.Action, c.operation.on(s, c))
	}
}

// Fault has choose decide what goes wrong with each request from now on; nil ends all
// faults. It is called for one request at a time, so it may count in its own variables,
// and may use the server, except for calling Fault.
func (s *Server) Fault(choose func(Request) Fault) { s.orders.Set(choose) }
