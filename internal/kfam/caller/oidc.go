package caller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// OIDCOptions say how tokens of an OpenID Connect issuer are verified.
type OIDCOptions struct {
	// Issuer is the issuer's https URL, exactly as its tokens have it in iss.
	Issuer string
	// Audiences are those of which a token must have one. At least one is needed: without,
	// a token for any other application of the issuer would do.
	Audiences []string
	// UserClaim holds the user's name. Default "email".
	UserClaim string
	// TrustEmails accepts addresses of an issuer that never sends email_verified, as some
	// companies' own do. An address that is said not to be verified is refused even so.
	TrustEmails bool
	// GroupsClaim holds the user's groups. Empty means that tokens have none.
	GroupsClaim string
	// UserPrefix and GroupsPrefix are put in front of what the claims hold.
	UserPrefix, GroupsPrefix string
	// Algorithms are those by which a token may be signed. Default DefaultAlgorithms.
	Algorithms []string
	// Client reaches the issuer; it knows its certificate authority. May be nil.
	Client *http.Client
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// DefaultAlgorithms are all that prove a signature with a public key.
func DefaultAlgorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
		oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// issuer verifies the tokens of one OpenID Connect issuer.
type issuer struct {
	OIDCOptions
	keys *issuerKeys
}

func (i *issuer) verify(ctx context.Context, token string) (verified, *Refusal) {
	keys, err := i.keys.current(ctx)
	if err != nil {
		return verified{}, unavailable(fmt.Errorf("find the keys of the issuer %s: %w", i.Issuer, err))
	}
	watched := &watchedKeys{KeySet: keys}
	proven, err := i.verifier(watched).Verify(ctx, token)
	var expired *oidc.TokenExpiredError
	switch {
	case watched.unreachable != nil:
		return verified{}, unavailable(fmt.Errorf("read the keys of the issuer %s: %w", i.Issuer, watched.unreachable))
	case errors.As(err, &expired):
		return verified{}, badToken(ReasonExpiredToken, "The bearer token has expired. Log in again to get a new one.", err)
	case err != nil:
		return verified{}, invalidToken(err)
	}
	return i.judge(proven)
}

func (i *issuer) verifier(keys oidc.KeySet) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(i.Issuer, keys, &oidc.Config{
		// The library knows one audience; judge checks for several.
		SkipClientIDCheck:    true,
		SupportedSigningAlgs: i.Algorithms,
		Now:                  i.Now,
	})
}

// judge reads the claims of a token whose signature, issuer and times are right.
func (i *issuer) judge(token *oidc.IDToken) (verified, *Refusal) {
	if !slices.ContainsFunc(token.Audience, func(a string) bool { return slices.Contains(i.Audiences, a) }) {
		return verified{}, invalidToken(fmt.Errorf("the token is for the audiences %q and not for one of %q", token.Audience, i.Audiences))
	}
	var payload rawClaims
	if err := token.Claims(&payload); err != nil {
		return verified{}, invalidToken(err)
	}
	claims, err := parseClaims(payload)
	if err != nil {
		return verified{}, invalidToken(err)
	}
	name, err := i.user(claims)
	if err != nil {
		return verified{}, unusableName(err)
	}
	groups, err := i.groups(claims)
	if err != nil {
		return verified{}, unusableName(err)
	}
	return verified{name: name, groups: groups, via: ViaOIDC}, nil
}

// rawClaims takes the claims as they are.
type rawClaims []byte

// UnmarshalJSON keeps a copy.
func (r *rawClaims) UnmarshalJSON(payload []byte) error {
	*r = slices.Clone(payload)
	return nil
}
