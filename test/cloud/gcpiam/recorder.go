package gcpiam

import "sync"

// recorder counts requests, failed or not.
type recorder struct {
	mu  sync.Mutex
	all int
	// seen is what was asked for since the last reset.
	seen map[asked]int
}

type asked struct{ method, account string }

// count notes a request and returns its number.
func (r *recorder) count(method, account string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[asked]int{}
	}
	r.all++
	r.seen[asked{method, account}]++
	return r.all
}

// Requests counts by method the requests since the start or the last ResetRequests, also
// those that failed: getIamPolicy, setIamPolicy, and token.
func (s *Server) Requests() map[string]int {
	return s.recorder.byMethod(func(string) bool { return true })
}

// RequestsFor is Requests, but only those about one service account.
func (s *Server) RequestsFor(email string) map[string]int {
	return s.recorder.byMethod(func(account string) bool { return account == email })
}

func (r *recorder) byMethod(wanted func(account string) bool) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	sums := map[string]int{}
	for what, n := range r.seen {
		if wanted(what.account) {
			sums[what.method] += n
		}
	}
	return sums
}

// ResetRequests lets Requests start again at none. Request.N counts on.
func (s *Server) ResetRequests() {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	s.recorder.seen = nil
}
