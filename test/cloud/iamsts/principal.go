package iamsts

import (
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

// authorize returns IAM's refusal unless a permission allows the action on the resource.
func (p principal) authorize(action string, on resource) error {
	matches := func(patterns []string, value string, fold bool) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			if fold {
				return trusteval.Like(trusteval.FoldCase(pattern), trusteval.FoldCase(value))
			}
			return trusteval.Like(pattern, value)
		})
	}
	for _, permission := range p.permissions {
		if matches(permission.Actions, "iam:"+action, true) && matches(permission.Resources, on.arn, false) {
			return nil
		}
	}
	return p.denied(action, on)
}

// denied is IAM's refusal, in its own words because people search for them.
func (p principal) denied(action string, on resource) error {
	shown := on.shown
	if shown == "" {
		shown = on.arn
	}
	return apiError{http.StatusForbidden, accessDenied, fmt.Sprintf(
		"User: %s is not authorized to perform: iam:%s on resource: %s because no identity-based policy allows the iam:%s action",
		p.arn, action, shown, action)}
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
