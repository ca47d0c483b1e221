package iamsts

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// principal is who makes a request. The zero principal is anonymous.
type principal struct {
	accessKey, id, arn string
	permissions        []Permission
}

// resource is what a permission is needed for.
type resource struct {
	arn string
	// shown is how IAM names it in a refusal, where that is not the ARN.
	shown string
}

// Caller is a user of the account, or the session of a role, whose signature was verified.
type Caller struct{ principal principal }

// AccessKey is the key that the request was signed with.
func (c Caller) AccessKey() string { return c.principal.accessKey }

// May returns nil when a permission of the caller allows an action, such as
// eks:DescribeCluster, on the resource with an ARN, and otherwise an error with AWS's words.
func (c Caller) May(action, arn string) error {
	if !c.principal.allowed(action, arn) {
		return errors.New(c.principal.refusal(action, arn))
	}
	return nil
}

// authorize returns IAM's refusal unless a permission allows the action on the resource.
func (p principal) authorize(action string, on resource) error {
	if !p.allowed(action, on.arn) {
		return p.denied(action, on)
	}
	return nil
}

func (p principal) allowed(action, arn string) bool {
	matches := func(patterns []string, value string, fold bool) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			if fold {
				return trusteval.Like(trusteval.FoldCase(pattern), trusteval.FoldCase(value))
			}
			return trusteval.Like(pattern, value)
		})
	}
	return slices.ContainsFunc(p.permissions, func(permission Permission) bool {
		return matches(permission.Actions, action, true) && matches(permission.Resources, arn, false)
	})
}

// denied is IAM's refusal, in its own words because people search for them.
func (p principal) denied(action string, on resource) error {
	shown := on.shown
	if shown == "" {
		shown = on.arn
	}
	return apiError{http.StatusForbidden, accessDenied, p.refusal(action, shown)}
}

func (p principal) refusal(action, on string) string {
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action", p.arn, action, on, action)
}

func (s *Server) roleResource(c *call) resource {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	arn := s.account.arn("iam", "role/"+c.Role)
	if r, ok := s.account.roles[c.Role]; ok {
		arn = r.arn
	}
	return resource{arn: arn, shown: "role " + c.Role}
}

func (s *Server) newRoleResource(c *call) resource {
	return resource{arn: s.account.arn("iam", "role"+pathOf(c.parameters)+c.Role)}
}

func (s *Server) rolesResource(c *call) resource {
	return resource{arn: s.account.arn("iam", "role"+prefixOf(c.parameters))}
}

func (s *Server) providerResource(c *call) resource {
	arn := c.parameters.Get("OpenIDConnectProviderArn")
	if url := c.parameters.Get("Url"); url != "" {
		arn = s.ProviderARN(url)
	}
	if arn == "" {
		arn = s.account.arn("iam", "oidc-provider/*")
	}
	return resource{arn: arn}
}
