package gcpiam

import (
	"net/http"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Request is what a fault is decided on.
type Request struct {
	// Method is getIamPolicy or setIamPolicy.
	Method string
	// ServiceAccount is the e-mail address that the request is about.
	ServiceAccount string
	// N counts all requests from 1.
	N int
}

// Fault has choose decide what goes wrong with each request to IAM from now on; nil ends all
// faults. It is called for one request at a time, so it may count in its own variables, and
// may use the server, except for calling Fault. The code of a refusal is the reason of the
// ErrorInfo, or empty for none; its status in Google's words follows from that of HTTP.
func (s *Server) Fault(choose func(Request) faults.Fault) { s.orders.Set(choose) }

// Throttle answers as IAM does when a project asks too much.
func Throttle() faults.Fault {
	return faults.Fail(http.StatusTooManyRequests, "RATE_LIMIT_EXCEEDED",
		"Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service 'iam.googleapis.com' for consumer 'project_number:123456789012'.")
}

// ServerError answers 503 and does nothing.
func ServerError() faults.Fault {
	return faults.Fail(http.StatusServiceUnavailable, "", "The service is currently unavailable.")
}

// Conflict answers that somebody else has changed the policy.
func Conflict() faults.Fault {
	return faults.Fail(http.StatusConflict, "", concurrentChange([]byte{7, 5}, []byte{7, 6}).message)
}

// PermissionDenied answers as if the caller did not have the permission for the method.
func PermissionDenied() faults.Fault { return faults.Fail(http.StatusForbidden, permissionReason, "") }

// refusal is the answer that a fault asks for.
func (c *call) refusal(r faults.Refusal) apiError {
	if r.Code == permissionReason && r.Message == "" {
		return permissionDenied(c.permission(), c.resource())
	}
	return apiError{code: r.Status, message: r.Message, reason: r.Code}
}
