// Package vaulttest is a double of HashiCorp Vault for tests: its ACL policies and the roles of
// its Kubernetes auth methods, over HTTP, behind a token whose own policy is enforced. What
// it takes and answers follows the HTTP API documentation
// (https://developer.hashicorp.com/vault/api-docs) and, where that is silent, the Kubernetes
// auth method's source (github.com/hashicorp/vault-plugin-auth-kubernetes).
package vaulttest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// Server is a Vault.
type Server struct {
	*httptest.Server

	mu      sync.Mutex
	rules   []rule
	token   string
	sealed  bool
	answer  func(*http.Request) int
	seen    []string
	now     State
	history []State
}

// Start starts a Vault with Kubernetes auth methods at the paths. Its one token may do what the
// policy, in Vault's language, allows.
func Start(policy string, authPaths ...string) *Server {
	s := &Server{rules: parsePolicy(policy), token: "hvs.first", now: State{Policies: map[string]bool{}, Methods: map[string]Roles{}}}
	for _, path := range authPaths {
		s.now.Methods[path] = Roles{}
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Token is the token that is valid now.
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// Rotate makes another token the valid one, and returns it.
func (s *Server) Rotate() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token += ".next"
	return s.token
}

// Seal seals the Vault, or unseals it.
func (s *Server) Seal(sealed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = sealed
}

// Answer has requests answered with a status, without being carried out, where choose
// returns one that is not 0. A nil choose ends that.
func (s *Server) Answer(choose func(*http.Request) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = choose
}

// Requests are all requests so far, each as method and path.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.seen...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	s.seen = append(s.seen, r.Method+" "+path)
	if s.answer != nil {
		if status := s.answer(r); status != 0 {
			refuse(w, status, "as the test ordered")
			return
		}
	}
	switch {
	case s.sealed:
		refuse(w, http.StatusServiceUnavailable, "Vault is sealed")
	case r.Header.Get("X-Vault-Token") != s.token || !allowed(s.rules, path, s.capability(r.Method, path)):
		refuse(w, http.StatusForbidden, "permission denied")
	case strings.HasPrefix(path, "sys/policies/acl/"):
		s.servePolicy(w, r, strings.TrimPrefix(path, "sys/policies/acl/"))
	default:
		s.serveRole(w, r, path)
	}
}

// capability is what a request needs. Vault takes a write for an update where there is
// something already.
func (s *Server) capability(method, path string) string {
	switch method {
	case http.MethodGet:
		return "read"
	case http.MethodDelete:
		return "delete"
	}
	if method, name, ok := splitRole(path); ok && s.now.Methods[method][name].Names != nil {
		return "update"
	}
	return "create"
}

func (s *Server) servePolicy(w http.ResponseWriter, r *http.Request, name string) {
	switch {
	case r.Method != http.MethodGet:
		refuse(w, http.StatusMethodNotAllowed, "unsupported operation")
	case !s.now.Policies[name]:
		refuse(w, http.StatusNotFound)
	default:
		reply(w, map[string]any{"data": map[string]any{"name": name, "policy": `path "secret/*" {}`}})
	}
}

func (s *Server) serveRole(w http.ResponseWriter, r *http.Request, path string) {
	method, name, ok := splitRole(path)
	roles, enabled := s.now.Methods[method]
	if !ok || !enabled {
		refuse(w, http.StatusNotFound, `no handler for route "`+path+`". route entry not found.`)
		return
	}
	switch found, there := roles[name]; {
	case r.Method == http.MethodGet && !there:
		refuse(w, http.StatusNotFound)
	case r.Method == http.MethodGet:
		reply(w, map[string]any{"data": found.shown()})
	case r.Method == http.MethodDelete:
		s.change(func(now State) { delete(now.Methods[method], name) })
		w.WriteHeader(http.StatusNoContent)
	default:
		s.writeRole(w, r, method, name)
	}
}

// writeRole keeps what the request does not name, as Vault does.
func (s *Server) writeRole(w http.ResponseWriter, r *http.Request, method, name string) {
	role := s.now.Methods[method][name].clone()
	role.Selector = ""
	if err := json.NewDecoder(r.Body).Decode(&role); err != nil {
		refuse(w, http.StatusBadRequest, "failed to parse JSON input: "+err.Error())
		return
	}
	if len(role.Names) == 0 || len(role.Namespaces) == 0 && role.Selector == "" {
		refuse(w, http.StatusBadRequest, "bound_service_account_names and bound_service_account_namespaces can not be empty")
		return
	}
	s.change(func(now State) { now.Methods[method][name] = role })
	if role.Audience == "" {
		reply(w, map[string]any{"warnings": []string{"This role does not specify an audience."}})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func reply(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(content)
}

func refuse(w http.ResponseWriter, status int, errors ...string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": append([]string{}, errors...)})
}
