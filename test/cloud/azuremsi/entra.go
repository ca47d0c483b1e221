package azuremsi

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Entra is the token endpoint of Microsoft Entra ID for the identities of a Server: who has
// a token that one of an identity's credentials admits gets a token of that identity. It
// serves https, since the SDK asks for tokens in no other way.
type Entra struct {
	manager *Server
	issuers *http.Client
	http    *httptest.Server
}

// StartEntra starts the token endpoint of Tenant. issuers fetches what the issuers of
// tokens publish.
func StartEntra(manager *Server, issuers *http.Client) *Entra {
	e := &Entra{manager: manager, issuers: issuers}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /"+Tenant+"/v2.0/.well-known/openid-configuration", e.describe)
	routes.HandleFunc("POST /"+Tenant+"/oauth2/v2.0/token", e.exchange)
	e.http = httptest.NewTLSServer(routes)
	return e
}

// URL is the authority host, for AZURE_AUTHORITY_HOST.
func (e *Entra) URL() string { return e.http.URL + "/" }

// Certificate is what a client has to trust, in PEM.
func (e *Entra) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.http.Certificate().Raw})
}

// Client trusts the endpoint's certificate.
func (e *Entra) Client() *http.Client { return e.http.Client() }

// Close returns when nothing of the endpoint runs any more.
func (e *Entra) Close() { e.http.Close() }

func (e *Entra) describe(w http.ResponseWriter, _ *http.Request) {
	base := e.URL() + Tenant
	_ = json.NewEncoder(w).Encode(map[string]string{"issuer": base + "/v2.0",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token"})
}

// exchange is the client credentials flow with a federated credential, as Microsoft's page
// "Microsoft identity platform and the OAuth 2.0 client credentials flow" has it.
func (e *Entra) exchange(w http.ResponseWriter, r *http.Request) {
	token, err := e.tokenFor(r)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client", "error_description": err.Error()})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": token})
}

func (e *Entra) tokenFor(r *http.Request) (string, error) {
	if r.PostFormValue("grant_type") != "client_credentials" ||
		r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return "", errors.New("AADSTS900144: only client credentials with an assertion are answered")
	}
	who, err := e.verify(r.Context(), r.PostFormValue("client_assertion"))
	if err != nil {
		return "", fmt.Errorf("AADSTS700211: %w", err)
	}
	return e.manager.tokenOf(r.PostFormValue("client_id"), r.PostFormValue("scope"), who)
}

// verify checks a token against the keys that its issuer publishes.
func (e *Entra) verify(ctx context.Context, token string) (*oidc.IDToken, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	var claims jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, e.issuers)
	provider, err := oidc.NewProvider(ctx, claims.Issuer)
	if err != nil {
		return nil, err
	}
	return provider.VerifierContext(ctx, &oidc.Config{SkipClientIDCheck: true}).Verify(ctx, token)
}

// tokenOf gives the identity with a client ID to whom one of its credentials admits. The
// token is good for Resource Manager when it was asked for that.
func (s *Server) tokenOf(clientID, scope string, who *oidc.IDToken) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.identities {
		if i.clientID != clientID {
			continue
		}
		if !slices.ContainsFunc(who.Audience, func(a string) bool { return Admits(i.credentials, who.Issuer, who.Subject, a) }) {
			return "", fmt.Errorf("AADSTS700213: No matching federated identity record found for presented assertion subject '%s'", who.Subject)
		}
		s.made++
		token := fmt.Sprintf("token-of-%s-%d", clientID, s.made)
		if slices.Contains(strings.Fields(scope), s.URL()+"/.default") {
			s.principals[token] = principal{identity: i}
		}
		return token, nil
	}
	return "", fmt.Errorf("AADSTS700016: Application with identifier '%s' was not found in the directory", clientID)
}

// Grant gives an identity rights in Resource Manager, in the place of those that it had.
func (s *Server) Grant(id string, actions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities[key(id)].granted = actions
}
