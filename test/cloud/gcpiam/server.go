package gcpiam

import (
	"cmp"
	"net/http"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/endpoint"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Options say how the double behaves. The zero value is ready to use.
type Options struct {
	// Project is the ID of the project that the keys belong to; the default is
	// kubeflow-prod. Its workload identity pool exists.
	Project string
	// Address to listen on; the default is a free port on 127.0.0.1.
	Address string
	// Normalize has policies come back as IAM may arrange them: one binding for each role and
	// condition, members in order and once.
	Normalize bool
	// Now is the clock; the default is time.Now.
	Now func() time.Time
}

// Server is IAM with some service accounts. All methods may be called at the same time.
type Server struct {
	options  Options
	state    *state
	recorder recorder
	orders   faults.Orders[Request]
	endpoint *endpoint.Endpoint
}

// Start starts IAM with one caller, who may do everything, and nothing else.
func Start(o Options) (*Server, error) {
	o.Project = cmp.Or(o.Project, "kubeflow-prod")
	if o.Now == nil {
		o.Now = time.Now
	}
	owner, err := newCaller("owner", o.Project, nil)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, state: newState(o)}
	s.state.callers[owner.email] = owner
	if s.endpoint, err = endpoint.Listen(cmp.Or(o.Address, "127.0.0.1:0")); err != nil {
		return nil, err
	}
	s.endpoint.Serve(s.routes())
	return s, nil
}

// URL is the endpoint, with a slash at its end as option.WithEndpoint wants it.
func (s *Server) URL() string { return s.endpoint.URL() + "/" }

// Close drops all connections and returns when nothing of the server runs any more.
func (s *Server) Close() error { return s.endpoint.Close() }

const tokenPath = "token"

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /"+tokenPath, s.giveToken)
	mux.HandleFunc("POST /v1/projects/{project}/serviceAccounts/{call}", s.serve)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, apiError{code: http.StatusNotFound, message: "Method not found."})
	})
	return mux
}
