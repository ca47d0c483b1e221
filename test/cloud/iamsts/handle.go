package iamsts

import (
	"net/http"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// ServeHTTP answers one request: read, recognize the caller, count, fail if a fault was
// ordered, check the permission, do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, body, err := s.parse(r)
	if err == nil {
		c.caller, err = s.authenticate(r, body, c)
	}
	if err != nil {
		writeError(w, c.service(), err)
		return
	}
	c.AccessKey = c.caller.accessKey
	c.N = s.recorder.count(c.Action, c.Role)
	s.answer(w, c, s.orders.Decide(c.Request)) //nolint:contextcheck // A request is carried out also when its client has hung up.
}

// answer does what was asked for, unless the fault is against it.
func (s *Server) answer(w http.ResponseWriter, c *call, fault Fault) {
	c.stale = fault.IsStale()
	var result any
	var err error
	fault.Serve(w, s.endpoint.Closing(), func() {
		result, err = s.perform(c)
	}, func(refusal faults.Refusal) {
		writeError(w, c.service(), s.refusal(refusal, c))
	}, func() {
		if err != nil {
			writeError(w, c.service(), err)
			return
		}
		writeResult(w, c, result)
	})
}

func (s *Server) perform(c *call) (any, error) {
	if c.operation.on != nil {
		if err := c.caller.authorize("iam:"+c.Action, c.operation.on(s, c)); err != nil {
			return nil, err
		}
	}
	return c.operation.run(s, c)
}
