package iamsts

import "net/http"

// ServeHTTP answers one request: read, recognize the caller, count, fail if a fault was
// ordered, check the permission, do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.handling.enter() {
		cut(w)
		return
	}
	defer s.handling.leave()

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
	s.answer(w, c, s.faults.decide(c.Request))
}

// answer does what was asked for, unless the fault is against it.
func (s *Server) answer(w http.ResponseWriter, c *call, fault Fault) {
	if !fault.wait(s.closing) {
		cut(w)
		return
	}
	c.stale = fault.stale
	var result any
	var err error
	if fault.goesAhead() {
		result, err = s.perform(c)
	}
	if fault.fails != nil {
		err = fault.refusal(s, c)
	}
	switch {
	case fault.cut:
		cut(w)
	case err != nil:
		writeError(w, c.service(), err)
	default:
		writeResult(w, c, result)
	}
}

func (s *Server) perform(c *call) (any, error) {
	if c.operation.on != nil {
		if err := c.caller.authorize(c.Action, c.operation.on(s, c)); err != nil {
			return nil, err
		}
	}
	return c.operation.run(s, c)
}
