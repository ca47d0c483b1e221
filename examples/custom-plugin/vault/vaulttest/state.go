package vaulttest

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// State is all that the Vault held at one time.
type State struct {
	// Policies are the names of those that exist.
	Policies map[string]bool
	// Methods are the roles of each auth method, by its path.
	Methods map[string]Roles
}

// Roles are those of one auth method, by name.
type Roles map[string]Role

// Role is a role of a Kubernetes auth method.
type Role struct {
	Names      []string `json:"bound_service_account_names"`
	Namespaces []string `json:"bound_service_account_namespaces"`
	Selector   string   `json:"bound_service_account_namespace_selector"`
	Audience   string   `json:"audience"`
	Policies   []string `json:"token_policies"`
	TTL        int64    `json:"token_ttl"`
	BoundCIDRs []string `json:"token_bound_cidrs"`
}

// clone shares no memory with the role, because decoding writes over lists in place.
func (r Role) clone() Role {
	r.Names, r.Namespaces, r.Policies = slices.Clone(r.Names), slices.Clone(r.Namespaces), slices.Clone(r.Policies)
	r.BoundCIDRs = slices.Clone(r.BoundCIDRs)
	return r
}

// shown is a role as Vault shows it: with the settings of tokens that nobody made, and
// without an audience that is not set.
func (r Role) shown() map[string]any {
	shown := map[string]any{
		"bound_service_account_names": r.Names, "bound_service_account_namespaces": r.Namespaces,
		"bound_service_account_namespace_selector": r.Selector, "token_policies": r.Policies, "token_ttl": r.TTL,
		"token_bound_cidrs": r.BoundCIDRs, "token_max_ttl": 0, "token_explicit_max_ttl": 0, "token_no_default_policy": false,
		"token_num_uses": 0, "token_period": 0, "token_type": "default", "alias_name_source": "serviceaccount_uid",
	}
	if r.Audience != "" {
		shown["audience"] = r.Audience
	}
	return shown
}

// admits judges a login by Vault's rules: names and namespaces may be patterns. Labels of
// namespaces are not known here, so a selector admits all.
func (r Role) admits(namespace, account string) bool {
	match := func(patterns []string, name string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { ok, err := path.Match(p, name); return ok && err == nil })
	}
	return match(r.Names, account) && (r.Selector != "" || match(r.Namespaces, namespace))
}

// Admits tells whether pods of a service account get a policy through any role of an auth
// method.
func (s State) Admits(authPath, namespace, account, policy string) bool {
	for _, role := range s.Methods[authPath] {
		if s.Policies[policy] && role.admits(namespace, account) && slices.Contains(role.Policies, policy) {
			return true
		}
	}
	return false
}

// Now is what the Vault holds.
func (s *Server) Now() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.clone()
}

// History is every state since the policy was first written, the oldest first. Writes that
// change nothing count.
func (s *Server) History(policy string) []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, state := range s.history {
		if state.Policies[policy] {
			return slices.Clone(s.history[i:])
		}
	}
	return []State{s.now.clone()}
}

// PutPolicy writes a policy.
func (s *Server) PutPolicy(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(func(now State) { now.Policies[name] = true })
}

// RemovePolicy deletes a policy. Roles that give it stay.
func (s *Server) RemovePolicy(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(func(now State) { delete(now.Policies, name) })
}

// PutRole writes a role as somebody else would; one without Names is deleted.
func (s *Server) PutRole(authPath, name string, role Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(func(now State) {
		if now.Methods[authPath][name] = role; role.Names == nil {
			delete(now.Methods[authPath], name)
		}
	})
}

// change must be called with the lock held.
func (s *Server) change(how func(State)) {
	s.now = s.now.clone()
	how(s.now)
	s.history = append(s.history, s.now)
}

func (s State) clone() State {
	c := State{Policies: maps.Clone(s.Policies), Methods: map[string]Roles{}}
	for path, roles := range s.Methods {
		c.Methods[path] = maps.Clone(roles)
	}
	return c
}

// splitRole reads auth/PATH/role/NAME. Vault stores names of roles in lower case.
func splitRole(path string) (method, name string, ok bool) {
	rest, auth := strings.CutPrefix(path, "auth/")
	method, name, found := strings.Cut(rest, "/role/")
	return method, strings.ToLower(name), auth && found
}
