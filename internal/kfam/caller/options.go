package caller

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Options say by which ways a caller can be known.
type Options struct {
	// UserIDHeader is the header in which the gateway names the user. Empty means that no
	// header names one.
	UserIDHeader string
	// UserIDPrefix stands in front of the user's name in that header. May be empty.
	UserIDPrefix string
	// TrustedPrincipals are the programs that may set the user header, written as in Istio's
	// policies, but with the mesh's real trust domain: "cluster.local" stands for no other.
	// Nil means DefaultTrustedPrincipals, an empty list nobody.
	TrustedPrincipals []string
	// SidecarAddresses are those from which the own sidecar connects; only it is believed
	// about principals. Nil means DefaultSidecarAddresses.
	SidecarAddresses []netip.Prefix
	// TrustUserHeader believes the user header from anybody.
	TrustUserHeader bool
	// Names is how names are compared. Empty means tenancy.ExactNames.
	Names tenancy.Names
	// OIDC verifies tokens of an OpenID Connect issuer. Nil means that none is accepted.
	OIDC *OIDCOptions
	// TokenReviews verifies tokens of Kubernetes ServiceAccounts. Nil means that none is
	// accepted.
	TokenReviews *TokenReviewOptions
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	o.UserIDHeader = http.CanonicalHeaderKey(o.UserIDHeader)
	if o.TrustedPrincipals == nil {
		o.TrustedPrincipals = DefaultTrustedPrincipals()
	}
	if o.SidecarAddresses == nil {
		o.SidecarAddresses = DefaultSidecarAddresses()
	}
	if o.Names == "" {
		o.Names = tenancy.ExactNames
	}
	if o.OIDC != nil {
		oidc := *o.OIDC
		if oidc.UserClaim == "" {
			oidc.UserClaim = emailClaim
		}
		if len(oidc.Algorithms) == 0 {
			oidc.Algorithms = DefaultAlgorithms()
		}
		if oidc.Now == nil {
			oidc.Now = time.Now
		}
		o.OIDC = &oidc
	}
	return o
}

// headersWithAMeaning can name no user: the first ones are read otherwise here, and what
// proxies do with the others is not to keep them.
var headersWithAMeaning = []string{"Authorization", clientCertHeader, "Cookie", "Connection", "Host", "Content-Length", "Transfer-Encoding", "Te", "Upgrade", "Trailer"}

// headerName is narrower than HTTP allows: proxies drop names with an underscore, or take it for
// a hyphen.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// check says all that is wrong with the options.
func (o Options) check() error {
	var wrong []error
	if o.UserIDHeader != "" && (!headerName.MatchString(o.UserIDHeader) || slices.Contains(headersWithAMeaning, o.UserIDHeader)) {
		wrong = append(wrong, fmt.Errorf("the user header %q cannot be used: choose a header name that has no other meaning, such as kubeflow-userid", o.UserIDHeader))
	}
	if strings.ContainsFunc(o.UserIDPrefix, unicode.IsControl) || strings.TrimLeft(o.UserIDPrefix, " ") != o.UserIDPrefix {
		wrong = append(wrong, fmt.Errorf("the user header's prefix %q can never be sent: no header value begins with a space or holds control characters", o.UserIDPrefix))
	}
	for _, principal := range o.TrustedPrincipals {
		wrong = append(wrong, CheckPrincipal(principal))
	}
	_, err := tenancy.ParseNames(string(o.Names))
	wrong = append(wrong, err)
	if o.OIDC != nil {
		wrong = append(wrong, o.OIDC.check())
	}
	if o.TokenReviews != nil {
		wrong = append(wrong, o.TokenReviews.check())
	}
	if o.OIDC != nil && o.TokenReviews != nil && slices.Contains(o.TokenReviews.Issuers, o.OIDC.Issuer) {
		wrong = append(wrong, fmt.Errorf("the issuer %q stands for OIDC and for ServiceAccounts; a token is verified by one way only, so choose one", o.OIDC.Issuer))
	}
	return errors.Join(wrong...)
}

func (o OIDCOptions) check() error {
	var wrong []error
	if u, err := url.Parse(o.Issuer); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		wrong = append(wrong, fmt.Errorf("the OIDC issuer %q must be an https URL without user, query and fragment", o.Issuer))
	}
	if len(o.Audiences) == 0 || slices.Contains(o.Audiences, "") {
		wrong = append(wrong, errors.New("name at least one OIDC audience, usually the client ID; without it a token for any other application of the issuer would do"))
	}
	for _, algorithm := range o.Algorithms {
		if !slices.Contains(DefaultAlgorithms(), algorithm) {
			wrong = append(wrong, fmt.Errorf("%q is no signature algorithm with a public key: choose among %s", algorithm, strings.Join(DefaultAlgorithms(), ", ")))
		}
	}
	return errors.Join(wrong...)
}

func (o TokenReviewOptions) check() error {
	if o.Reviewer == nil {
		return errors.New("tokens of ServiceAccounts cannot be reviewed without a client of the API server")
	}
	if slices.Contains(o.Audiences, "") {
		return errors.New("an audience of ServiceAccount tokens is empty: remove it, or name it")
	}
	return nil
}
