package iamsts

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// maxSkew is how far the clocks of issuers may be off.
const maxSkew = 5 * time.Minute

// Signature algorithms that STS takes.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512}

func invalidToken(format string, args ...any) error {
	return apiError{http.StatusBadRequest, "InvalidIdentityToken", fmt.Sprintf(format, args...)}
}

// verifyToken returns who a token stands for. The context is the server's: whoever closes
// it need not wait for an issuer that does not answer.
func (s *Server) verifyToken(token string, now time.Time) (webIdentity, error) {
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return webIdentity{}, invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	var claims jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return webIdentity{}, invalidToken("The claims of the token are not valid: %v", err)
	}
	s.account.mu.Lock()
	found, ok := s.account.providers[s.ProviderARN(claims.Issuer)]
	s.account.mu.Unlock()
	if !ok || !strings.HasPrefix(claims.Issuer, "https://") {
		return webIdentity{}, invalidToken("No OpenIDConnect provider found in your account for %s", claims.Issuer)
	}
	if err := verifySignature(s.endpoint.Closing(), s.options.IssuerClient, parsed, claims.Issuer); err != nil {
		return webIdentity{}, err
	}
	if err := checkTimes(claims, now); err != nil {
		return webIdentity{}, err
	}
	w := webIdentity{provider: *found, subject: claims.Subject}
	for _, audience := range claims.Audience {
		if slices.Contains(found.clientIDs, audience) {
			w.audiences = append(w.audiences, audience)
		}
	}
	if len(w.audiences) == 0 {
		return webIdentity{}, invalidToken("Incorrect token audience")
	}
	return w, nil
}

func checkTimes(claims jwt.Claims, now time.Time) error {
	if claims.Expiry == nil || claims.IssuedAt == nil {
		return invalidToken("Missing a required claim: exp and iat are required")
	}
	if expiry := claims.Expiry.Time(); !now.Before(expiry) {
		return apiError{http.StatusBadRequest, "ExpiredTokenException", fmt.Sprintf(
			"Token expired: current date/time %d must be before the expiration date/time %d", now.Unix(), expiry.Unix())}
	}
	if claims.NotBefore != nil && now.Add(maxSkew).Before(claims.NotBefore.Time()) {
		return invalidToken("Token is not valid yet: nbf is %d", claims.NotBefore.Time().Unix())
	}
	return nil
}

// verifySignature checks the token against the keys that its issuer publishes now.
func verifySignature(ctx context.Context, client *http.Client, token *jwt.JSONWebToken, issuer string) error {
	keys, err := publishedKeys(ctx, client, issuer)
	if err != nil {
		return err
	}
	for _, key := range keys.Key(token.Headers[0].KeyID) {
		if token.Claims(key.Key) == nil {
			return nil
		}
	}
	return invalidToken("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
}

// publishedKeys follows the issuer's discovery document to its keys.
func publishedKeys(ctx context.Context, client *http.Client, issuer string) (jose.JSONWebKeySet, error) {
	var keys jose.JSONWebKeySet
	var discovery struct {
		Issuer  string `json:"issuer"`
		KeysURL string `json:"jwks_uri"`
	}
	err := fetch(ctx, client, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &discovery)
	if err != nil {
		return keys, err
	}
	if discovery.Issuer != issuer {
		return keys, invalidToken("The issuer in your Open ID Connect Provider's discovery document is %s, not %s", discovery.Issuer, issuer)
	}
	return keys, fetch(ctx, client, discovery.KeysURL, &keys)
}

func fetch(ctx context.Context, client *http.Client, url string, into any) error {
	unreachable := func(err error) error {
		return apiError{http.StatusBadRequest, "IDPCommunicationError", fmt.Sprintf("Your identity provider could not be reached: %v", err)}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return unreachable(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return unreachable(fmt.Errorf("%s answers %s", url, response.Status))
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(into); err != nil {
		return unreachable(fmt.Errorf("%s: %w", url, err))
	}
	return nil
}
