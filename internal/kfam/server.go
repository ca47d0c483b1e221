package kfam

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

// Options are what a Server needs.
type Options struct {
	// Callers finds out who sends a request.
	Callers *caller.Authenticator
	// DashboardPrincipals are the mesh identities that may register users and read all
	// bindings without naming a user, as the Kubeflow dashboard does.
	DashboardPrincipals []string
	// TrustAnonymous treats a request that names nobody as the dashboard's. It is for
	// installations without a mesh that trust the user header from anybody.
	TrustAnonymous bool
	// Admins and AdminGroups administer the whole installation.
	Admins, AdminGroups []string
	// Names is how names of users compare.
	Names access.Names
	// Rules decide, Index answers, Keeper grants and revokes, Registrar creates and deletes
	// Profiles.
	Rules     access.Rules
	Index     *access.Index
	Keeper    *access.Keeper
	Registrar *access.Registrar
	// Synced tells whether the Index knows all that was there at the start.
	Synced func() bool
	// Stopping tells whether the process has been asked to stop. Everything is still
	// answered, but /readyz says no, so that new requests are sent elsewhere. May be nil.
	Stopping func() bool
	// Audit is told of each decision about a change. May be nil.
	Audit func(Record)
	// Metrics counts what is answered, and answers GET /metrics. Nil means new ones that
	// nobody else sees.
	Metrics *Metrics
	// Log gets what clients are not told.
	Log logr.Logger
}

// Record is one decision, for the audit log and the Event on the Profile.
type Record struct {
	// Action is Register, Delete, Grant or Revoke.
	Action string
	// Who is the caller's name, or the program's principal when it names nobody.
	Who string
	// Profile is the Profile that it is about, and UID its UID if there is one already.
	Profile string
	UID     types.UID
	// What says in words what was asked for, such as "edit for user@example.com".
	What string
	// From is the address of the client.
	From string
	// Reason is on what ground it was allowed or refused.
	Reason string
	// Allowed tells whether the request may go on; Err what became of it then.
	Allowed bool
	Err     error
}

// outcome is what came of it in one word.
func (r Record) outcome() string {
	switch {
	case !r.Allowed:
		return "refused"
	case r.Err != nil:
		return "failed"
	default:
		return "done"
	}
}

// Server answers the calls of the API.
type Server struct {
	Options

	lists lists
}

// New returns a Server.
func New(o Options) *Server {
	if o.Audit == nil {
		o.Audit = func(Record) {}
	}
	if o.Stopping == nil {
		o.Stopping = func() bool { return false }
	}
	if o.Index == nil {
		o.Index = access.NewIndex(o.Names)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(prometheus.NewRegistry(), o.Index)
	}
	return &Server{Options: o}
}

// route is one call. The OpenAPI document has the same ones.
type route struct {
	// pattern is the method and the path, without a slash at the end.
	pattern string
	handler http.Handler
}

func (s *Server) routes() []route {
	return []route{
		{"GET /kfam", saying("The access-management API of kfprofiles.")},
		{"GET /kfam/openapi.json", serving("application/json", OpenAPI())},
		{"GET /kfam/openapi.yaml", serving("application/yaml", openAPISource)},
		{"POST /kfam/v1/profiles", s.serve(s.register)},
		{"DELETE /kfam/v1/profiles/{profile}", s.serve(s.deleteProfile)},
		{"GET /kfam/v1/bindings", s.serve(s.list)},
		{"POST /kfam/v1/bindings", s.serve(s.grant)},
		{"DELETE /kfam/v1/bindings", s.serve(s.revoke)},
		{"GET /kfam/v1/role/clusteradmin", s.serve(s.clusterAdmin)},
		{"GET /metrics", s.Metrics.Handler()},
		{"GET /readyz", http.HandlerFunc(s.ready)},
		{"GET /healthz", saying("ok")},
	}
}

// Handler returns the routes. Every path works with and without a slash at its end.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, r.handler)
		mux.Handle(r.pattern+"/{$}", r.handler)
	}
	return s.Metrics.measured(s.recovering(mux))
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.Stopping():
		text(w, http.StatusServiceUnavailable, "This replica is about to stop.")
	case !s.Synced():
		text(w, http.StatusServiceUnavailable, "The bindings of the cluster are still being read.")
	default:
		text(w, http.StatusOK, "ok")
	}
}

// identify returns the caller as the rules see them.
func (s *Server) identify(r *http.Request) (access.Caller, error) {
	c, err := s.Callers.Authenticate(r)
	if err != nil {
		return access.Caller{}, err
	}
	dashboard := s.TrustAnonymous || c.TrustedPrincipal && slices.Contains(s.DashboardPrincipals, c.Principal)
	return access.Caller{
		Kind: string(c.Kind), Name: c.Name, Groups: c.Groups,
		Admin:            s.isAdmin(c.Name, c.Groups),
		TrustedDashboard: c.IsAnonymous() && dashboard,
	}, nil
}

func (s *Server) isAdmin(name string, groups []string) bool {
	same := func(admin string) bool { return name != "" && s.Names.Same(admin, name) }
	return slices.ContainsFunc(s.Admins, same) ||
		slices.ContainsFunc(groups, func(group string) bool { return slices.Contains(s.AdminGroups, group) })
}

// HTTP returns a server with the timeouts that slow clients must not outlast.
func (s *Server) HTTP() *http.Server {
	return &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
}
