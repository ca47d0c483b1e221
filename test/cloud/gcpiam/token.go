package gcpiam

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// grantType is that of RFC 7523, by which a service account asks for an access token.
const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// cloudPlatform is the scope that IAM wants.
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// giveToken exchanges an assertion that a key signed for an access token.
func (s *Server) giveToken(w http.ResponseWriter, r *http.Request) {
	s.recorder.count("token", "")
	if r.FormValue("grant_type") != grantType {
		refuseToken(w, "unsupported_grant_type", "Invalid grant_type: "+r.FormValue("grant_type"))
		return
	}
	email, refusal := s.verify(r.FormValue("assertion"))
	if refusal != "" {
		refuseToken(w, "invalid_grant", refusal)
		return
	}
	token := "ya29." + rand.Text()
	s.state.mu.Lock()
	s.state.tokens[token] = email
	s.state.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "expires_in": 3599, "token_type": "Bearer"})
}

// refuseToken answers as RFC 6749 has it.
func refuseToken(w http.ResponseWriter, code, description string) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
}

// verify returns whose key signed the assertion, or in Google's words why it is no good.
func (s *Server) verify(assertion string) (email, refusal string) {
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "", "Invalid JWT: Token must be a signed JWT."
	}
	var claims struct {
		jwt.Claims
		Scope string `json:"scope"`
	}
	_ = token.UnsafeClaimsWithoutVerification(&claims)
	s.state.mu.Lock()
	c := s.state.callers[claims.Issuer]
	s.state.mu.Unlock()
	if c == nil {
		return "", "Invalid grant: account not found"
	}
	if err := token.Claims(&c.key.PublicKey, &claims); err != nil {
		return "", "Invalid JWT Signature."
	}
	expected := jwt.Expected{Issuer: c.email, AnyAudience: jwt.Audience{s.URL() + tokenPath}, Time: s.options.Now()}
	if err := claims.ValidateWithLeeway(expected, time.Minute); err != nil || claims.Expiry == nil {
		return "", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
	}
	if !slices.Contains(strings.Fields(claims.Scope), cloudPlatform) {
		return "", "Invalid OAuth scope or ID token audience provided."
	}
	return c.email, ""
}

// authenticate returns who sends a request, or nil.
func (s *Server) authenticate(r *http.Request) *caller {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	email, known := s.state.tokens[token]
	if !bearer || !known {
		return nil
	}
	return s.state.callers[email]
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	// Who hung up does not want the answer.
	_ = json.NewEncoder(w).Encode(body)
}
