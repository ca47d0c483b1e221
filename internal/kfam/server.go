package kfam

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-logr/logr"
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
	// Audit is told of each decision about a change. May be nil.
	Audit func(Record)
	// Metrics answers GET /metrics.
	Metrics http.Handler
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

// Server answers the calls of the API.
type Server struct{ Options }

// New returns a Server.
func New(o Options) *Server {
	if o.Audit == nil {
		o.Audit = func(Record) {}
	}
	return &Server{o}
}

// Handler returns the routes. Every path works with and without a slash at its end.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]endpoint{
		"POST /kfam/v1/profiles":             s.register,
		"DELETE /kfam/v1/profiles/{profile}": s.deleteProfile,
		"GET /kfam/v1/bindings":              s.list,
		"POST /kfam/v1/bindings":             s.grant,
		"DELETE /kfam/v1/bindings":           s.revoke,
		"GET /kfam/v1/role/clusteradmin":     s.clusterAdmin,
	} {
		mux.Handle(pattern, s.serve(handle))
		mux.Handle(pattern+"/{$}", s.serve(handle))
	}
	mux.HandleFunc("GET /kfam/{$}", func(w http.ResponseWriter, _ *http.Request) {
		text(w, http.StatusOK, "The access-management API of kfprofiles.")
	})
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") })
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	return s.recovering(mux)
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if !s.Synced() {
		text(w, http.StatusServiceUnavailable, "The bindings of the cluster are still being read.")
		return
	}
	text(w, http.StatusOK, "ok")
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
