package azuremsi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Token is the bearer token of a caller who may do everything.
const Token = "token-of-the-owner"

// principal is who has a token.
type principal struct {
	// actions are what it may do, as in a role definition; "*" is everything.
	actions []string
	// identity is whose token it is, if it is one's, with the rights of that identity.
	identity *identity
	expired  bool
}

// Rights on identities, as role definitions name them.
const (
	ReadIdentity     = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
	ReadCredential   = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"
	WriteCredential  = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"
	DeleteCredential = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete"
)

// CredentialOf is that of a caller who may do only what is named.
func (s *Server) CredentialOf(actions ...string) azcore.TokenCredential {
	return s.addPrincipal(principal{actions: actions})
}

// ExpiredCredential is one whose tokens are not accepted any more.
func (s *Server) ExpiredCredential() azcore.TokenCredential {
	return s.addPrincipal(principal{expired: true})
}

func (s *Server) addPrincipal(p principal) azcore.TokenCredential {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := fmt.Sprintf("token-%d", len(s.principals))
	s.principals[token] = p
	return staticToken(token)
}

// may tells whether a caller has a right now. That of an identity does not depend on when it
// got its token.
func (p principal) may(action string) bool {
	actions := p.actions
	if p.identity != nil {
		actions = p.identity.granted
	}
	return slices.Contains(actions, "*") || slices.Contains(actions, action)
}

// authorize answers as Resource Manager does before it looks whether there is anything.
func (s *Server) authorize(r *http.Request, o operation) *apiError {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	caller, known := s.principals[token]
	switch {
	case !bearer:
		return &apiError{http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."}
	case !known:
		return &apiError{http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid."}
	case caller.expired:
		return &apiError{http.StatusUnauthorized, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."}
	case !caller.may(o.action):
		return &apiError{http.StatusForbidden, "AuthorizationFailed",
			fmt.Sprintf("The client does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.", o.action, r.URL.Path)}
	}
	return nil
}
