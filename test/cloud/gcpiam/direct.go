package gcpiam

import (
	"fmt"
	"slices"
	"strings"
)

// This file is what tests do to IAM without going through its API.

// AddServiceAccount makes a service account with a policy, which is JSON and is not
// validated, or replaces one. Its project is the one that the e-mail address names, or
// Options.Project where it names none.
func (s *Server) AddServiceAccount(email, policy string) error {
	p, err := parsePolicy(policy)
	if err != nil {
		return err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a := &account{email: email, project: s.projectOf(email)}
	a.policy.Etag = neverSet
	s.state.accounts[email] = a
	s.state.put(a, p, "", s.options.Now())
	if len(p.Bindings) == 0 {
		a.policy.Etag = neverSet
	}
	a.previous = a.policy
	return nil
}

// projectOf is the ID of the project of a service account.
func (s *Server) projectOf(email string) string {
	name, host, _ := strings.Cut(email, "@")
	if host == "appspot.gserviceaccount.com" {
		return name
	}
	project, created := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	if !created {
		return s.options.Project
	}
	if id, domain, scoped := strings.Cut(project, "."); scoped {
		return domain + ":" + id
	}
	return project
}

// AddPool makes the workload identity pool of a project.
func (s *Server) AddPool(project string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.pools[project] = true
}

// SetPolicy changes a policy as somebody else would, with no permission asked and nothing
// validated.
func (s *Server) SetPolicy(email, policy string) error {
	p, err := parsePolicy(policy)
	if err != nil {
		return err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a, ok := s.state.accounts[email]
	if !ok {
		return fmt.Errorf("there is no service account %s; add it with AddServiceAccount first", email)
	}
	s.state.put(a, p, "", s.options.Now())
	return nil
}

// RemoveServiceAccount deletes an account as somebody else would.
func (s *Server) RemoveServiceAccount(email string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if _, ok := s.state.accounts[email]; ok {
		delete(s.state.accounts, email)
		s.state.histories[email] = append(s.state.histories[email], Version{At: s.options.Now()})
	}
}

// Policy is an account's policy in JSON, without etag and version, or empty when there is no
// such account.
func (s *Server) Policy(email string) string {
	history := s.History(email)
	if len(history) == 0 {
		return ""
	}
	return history[len(history)-1].Policy
}

// History is every state that the policies of accounts of that name ever had, in order.
func (s *Server) History(email string) []Version {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return slices.Clone(s.state.histories[email])
}

// Admits tells whether a policy, such as one of a History, lets a Kubernetes service account
// use the account that it is attached to. Conditions are taken to hold.
func Admits(policy, poolProject, namespace, serviceAccount string) bool {
	p, err := parsePolicy(policy)
	if policy == "" || err != nil {
		return false
	}
	pool := poolProject + poolSuffix
	who := []string{
		"allUsers", "allAuthenticatedUsers",
		fmt.Sprintf("serviceAccount:%s[%s/%s]", pool, namespace, serviceAccount),
	}
	return slices.ContainsFunc(p.Bindings, func(b binding) bool {
		return slices.Contains(mayImpersonate, b.Role) &&
			slices.ContainsFunc(b.Members, func(m string) bool {
				return slices.Contains(who, m) || strings.HasPrefix(m, "principalSet:") && strings.Contains(m, pool)
			})
	})
}

// mayImpersonate are roles that let their members get access tokens of the service account.
var mayImpersonate = []string{"roles/iam.workloadIdentityUser", "roles/iam.serviceAccountTokenCreator"}
