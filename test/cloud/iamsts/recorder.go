package iamsts

import "sync"

// recorder counts the requests whose signature was right, failed or not.
type recorder struct {
	mu  sync.Mutex
	all int
	// seen is what was asked for since the last reset, by action and role.
	seen map[asked]int
}

type asked struct{ action, role string }

// count notes a request and returns its number.
func (r *recorder) count(action, role string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[asked]int{}
	}
	r.all++
	r.seen[asked{action, role}]++
	return r.all
}

// byAction sums up the requests that are wanted.
func (r *recorder) byAction(wanted func(role string) bool) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	sums := map[string]int{}
	for what, n := range r.seen {
		if wanted(what.role) {
			sums[what.action] += n
		}
	}
	return sums
}

// Requests counts by action the requests since the start or the last ResetRequests, also
// those that failed, but not those whose signature was wrong.
func (s *Server) Requests() map[string]int {
	return s.recorder.byAction(func(string) bool { return true })
}

// RequestsFor is Requests, but only those about one role.
func (s *Server) RequestsFor(role string) map[string]int {
	return s.recorder.byAction(func(name string) bool { return name == role })
}

// ResetRequests lets Requests start again at none. Request.N counts on.
func (s *Server) ResetRequests() {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	s.recorder.seen = nil
}
