package eks

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// Request is what a fault is decided on.
type Request struct {
	// Action is the operation's name, such as CreatePodIdentityAssociation.
	Action string
	// Cluster is the name of the cluster that the request is about, if any.
	Cluster string
	// Namespace and ServiceAccount are those that the request is about, given as such or by
	// an association that exists.
	Namespace, ServiceAccount string
	// N counts all requests from 1.
	N int
}

// operation is one action of the API.
type operation struct {
	name string
	run  func(*call) (any, error)
	// on is the ARN that the caller needs the permission for.
	on func(*call) string
}

// call is a request on its way through the server.
type call struct {
	Request
	http   *http.Request
	body   body
	caller iamsts.Caller
	now    time.Time
	// stale makes reads answer with what was before the last change.
	stale bool
}

// body is all that the bodies of the operations can have.
type body struct {
	Namespace, ServiceAccount, RoleARN string
	TargetRoleARN                      *string
	ClientRequestToken                 string
	DisableSessionTags                 *bool
	Tags                               map[string]string
}

// serve answers one request: recognize the caller, count, fail if a fault was ordered,
// check the permission, do.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, o operation) {
	c, err := s.parse(r)
	if err != nil {
		writeError(w, err)
		return
	}
	c.Action = o.name
	c.N = s.recorder.count(c.Request)
	fault := s.orders.Decide(c.Request)
	c.stale = fault.IsStale()
	var result any
	fault.Serve(w, s.endpoint.Closing(), func() {
		if err = s.permitted(c, "eks:"+o.name, o.on(c)); err == nil {
			result, err = o.run(c)
		}
	}, func(r faults.Refusal) { writeError(w, r) }, func() {
		if err != nil {
			writeError(w, err)
			return
		}
		write(w, http.StatusOK, result)
	})
}

// The largest bodies hold fifty tags.
const maxBody = 1 << 20

// parse reads a request and finds out who signed it.
func (s *Server) parse(r *http.Request) (*call, error) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, badRequest("%v", err)
	}
	c := &call{http: r, now: s.options.Now()}
	if c.caller, err = s.account.Caller(r, text, "eks"); err != nil {
		return nil, unauthenticated(err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &c.body); err != nil {
			return nil, badRequest("%v", err)
		}
	}
	c.Cluster = r.PathValue("cluster")
	known := s.state.find(c.Cluster, r.PathValue("id"))
	if arn := r.PathValue("arn"); arn != "" {
		known = s.state.findARN(arn)
	}
	c.Namespace = cmp.Or(c.body.Namespace, r.URL.Query().Get("namespace"), known.Namespace)
	c.ServiceAccount = cmp.Or(c.body.ServiceAccount, r.URL.Query().Get("serviceAccount"), known.ServiceAccount)
	return c, nil
}

// recorder counts the requests whose signature was right, failed or not.
type recorder struct {
	mu  sync.Mutex
	all int
	// seen are the requests since the last reset.
	seen []Request
}

// count notes a request and returns its number.
func (r *recorder) count(q Request) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all++
	q.N = r.all
	r.seen = append(r.seen, q)
	return r.all
}

// Requests counts by action the requests since the start or the last ResetRequests, also
// those that failed, but not those whose signature was wrong.
func (s *Server) Requests() map[string]int {
	return s.recorder.byAction(func(Request) bool { return true })
}

// RequestsFor is Requests, but only those about one namespace.
func (s *Server) RequestsFor(namespace string) map[string]int {
	return s.recorder.byAction(func(r Request) bool { return r.Namespace == namespace })
}

func (r *recorder) byAction(wanted func(Request) bool) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	sums := map[string]int{}
	for _, q := range r.seen {
		if wanted(q) {
			sums[q.Action]++
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
