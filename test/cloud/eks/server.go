package eks

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/kfprofiles/kfprofiles/test/cloud/endpoint"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// Server is the EKS API of one account in one region. All methods may be called at the
// same time.
type Server struct {
	options  Options
	account  *iamsts.Server
	state    state
	recorder recorder
	orders   faults.Orders[Request]
	endpoint *endpoint.Endpoint
}

// Start starts an API without clusters.
func Start(o Options) (*Server, error) {
	if o.Account == nil {
		return nil, errors.New("EKS needs an account; start one with iamsts.Start")
	}
	o = o.withDefaults()
	e, err := endpoint.Listen(o.Address)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, account: o.Account, endpoint: e}
	e.Serve(s.routes())
	return s, nil
}

// URL is the endpoint, for AWS_ENDPOINT_URL_EKS or BaseEndpoint.
func (s *Server) URL() string { return s.endpoint.URL() }

// Config is the configuration of an SDK client that may do everything in the account.
func (s *Server) Config() aws.Config { return s.ConfigFor(s.account.Credentials()) }

// ConfigFor is the configuration of an SDK client with the credentials of one user.
func (s *Server) ConfigFor(c iamsts.Credentials) aws.Config {
	config := s.account.ConfigFor(c)
	config.BaseEndpoint = aws.String(s.URL())
	return config
}

// Environment is what a process needs, besides the account's own environment, for its
// SDK's default chain to find this API.
func (s *Server) Environment() []string { return []string{"AWS_ENDPOINT_URL_EKS=" + s.URL()} }

// Close drops all connections and returns when nothing of the server runs any more.
func (s *Server) Close() error { return s.endpoint.Close() }

// Fault has choose decide what goes wrong with each request from now on; nil ends all
// faults. It is called for one request at a time, so it may count in its own variables,
// and may use the server, except for calling Fault.
func (s *Server) Fault(choose func(Request) faults.Fault) { s.orders.Set(choose) }

// routes are the operations that the double knows, by the URIs of the SDK's model.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	const associations = "/clusters/{cluster}/pod-identity-associations"
	for pattern, o := range map[string]operation{
		"POST " + associations:          {"CreatePodIdentityAssociation", s.create, s.onCluster},
		"GET " + associations:           {"ListPodIdentityAssociations", s.list, s.onCluster},
		"GET " + associations + "/{id}": {"DescribePodIdentityAssociation", s.describe, s.onAssociation},
		// An update is a POST to what already has a name.
		"POST " + associations + "/{id}":   {"UpdatePodIdentityAssociation", s.update, s.onAssociation},
		"DELETE " + associations + "/{id}": {"DeletePodIdentityAssociation", s.remove, s.onAssociation},
		"POST /tags/{arn}":                 {"TagResource", s.tag, onARN},
		"GET /clusters":                    {"ListClusters", s.listClusters, onAll},
		"GET /clusters/{cluster}":          {"DescribeCluster", s.describeCluster, s.onCluster},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, o) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, refusal(http.StatusNotFound, "UnknownOperationException", "this double does not know %s %s", r.Method, r.URL.Path))
	})
	return mux
}
