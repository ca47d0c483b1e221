package gcpiam

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// call is a request on its way through the server.
type call struct {
	Request
	project string
	query   func(string) string
	body    []byte
	caller  *caller
	now     time.Time
	stale   bool
}

// permission is what the caller needs for the method.
func (c *call) permission() string { return "iam.serviceAccounts." + c.Method }

func (c *call) resource() string {
	return "projects/" + c.project + "/serviceAccounts/" + c.ServiceAccount
}

const (
	getMethod = "getIamPolicy"
	setMethod = "setIamPolicy"
	// maxBody is far more than a policy may have.
	maxBody = 4 << 20
)

// serve answers one request about a service account: recognize the caller, count, fail if a
// fault was ordered, check the permission, do.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	email, method, _ := strings.Cut(r.PathValue("call"), ":")
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		faults.Cut(w)
		return
	}
	c := &call{Request: Request{Method: method, ServiceAccount: email}, project: r.PathValue("project"),
		query: r.URL.Query().Get, body: body, caller: s.authenticate(r), now: s.options.Now()}
	switch {
	case method != getMethod && method != setMethod:
		writeError(w, apiError{code: http.StatusNotFound, message: "Method not found."})
	case c.caller == nil:
		writeError(w, unauthenticated())
	default:
		c.N = s.recorder.count(method, email)
		s.answer(w, c, s.orders.Decide(c.Request)) //nolint:contextcheck // A request is carried out also when its client has hung up.
	}
}

// answer does what was asked for, unless the fault is against it.
func (s *Server) answer(w http.ResponseWriter, c *call, fault faults.Fault) {
	c.stale = fault.IsStale()
	var result any
	var err error
	fault.Serve(w, s.endpoint.Closing(),
		func() { result, err = s.perform(c) },
		func(r faults.Refusal) { writeError(w, c.refusal(r)) },
		func() {
			var refused apiError
			switch {
			case errors.As(err, &refused):
				writeError(w, refused)
			case err != nil:
				writeError(w, apiError{code: http.StatusInternalServerError, message: err.Error()})
			default:
				writeJSON(w, http.StatusOK, result)
			}
		})
}

// perform does what was asked for. An account that is not there is hidden from those who ask
// with the wildcard for its project: they are told that they may not.
func (s *Server) perform(c *call) (any, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a, exists := s.state.accounts[c.ServiceAccount]
	switch {
	case !c.caller.may(c.permission()), !exists && c.project == "-":
		return nil, permissionDenied(c.permission(), c.resource())
	case !exists || c.project != "-" && c.project != a.project:
		return nil, unknownAccount(c.ServiceAccount)
	case c.Method == getMethod:
		return s.state.get(a, c)
	default:
		return s.state.set(a, c)
	}
}
