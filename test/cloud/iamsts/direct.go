package iamsts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// This file is what tests do to the account without going through its API.

// AddRole makes a role, with a trust policy that is not validated, or replaces one. It
// returns the role's ARN.
func (s *Server) AddRole(name, path, policy string, tags map[string]string) string {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r := s.account.newRole(name, cmp.Or(path, "/"), s.options.Now())
	maps.Copy(r.tags, tags)
	s.account.put(name, policy, "", r.created)
	return r.arn
}

// SetTrustPolicy changes a role's trust policy as somebody else would, with no permission
// asked and nothing validated.
func (s *Server) SetTrustPolicy(name, policy string) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, ok := s.account.roles[name]; !ok {
		return fmt.Errorf("there is no role %s; add it with AddRole first", name)
	}
	s.account.put(name, policy, "", s.options.Now())
	return nil
}

// TrustPolicy is a role's trust policy, or empty when there is no such role.
func (s *Server) TrustPolicy(name string) string {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return s.account.policy(name, false)
}

// RoleWithARN returns the trust policy of the role that has this ARN, path included, and
// whether there is one.
func (s *Server) RoleWithARN(arn string) (policy string, exists bool) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, ok := s.account.roles[nameIn(arn)]
	if !ok || r.arn != arn {
		return "", false
	}
	return s.account.policy(r.name, false), true
}

// AccountID has 12 digits.
func (s *Server) AccountID() string { return s.account.id }

// Partition is the part of AWS that the account is in, such as aws.
func (s *Server) Partition() string { return s.account.partition }

// RemoveRole deletes a role as somebody else would.
func (s *Server) RemoveRole(name string) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, ok := s.account.roles[name]; ok {
		s.account.remove(name, "", s.options.Now())
	}
}

// History is every state that the trust policies of roles of that name ever had, in order.
// With PolicyAdmits it tells whether at any moment somebody could have come in.
func (s *Server) History(name string) []Version {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return slices.Clone(s.account.histories[name])
}

// Admits tells whether a role's trust policy lets a subject of an issuer assume the role
// with a token for the audience. It asks only the policy: the provider need not exist.
func (s *Server) Admits(role, issuer, subject, audience string) bool {
	return s.PolicyAdmits(s.TrustPolicy(role), issuer, subject, audience)
}

// PolicyAdmits is Admits for any trust policy, such as one of a History.
func (s *Server) PolicyAdmits(policy, issuer, subject, audience string) bool {
	return trusteval.Evaluate([]byte(policy)).Admits(trusteval.Identity{
		Provider: s.ProviderARN(issuer), Issuer: strings.TrimPrefix(issuer, "https://"), Subject: subject, Audience: audience,
	})
}
