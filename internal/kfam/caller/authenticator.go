package caller

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Authenticator finds out who sent a request. All methods may be called at the same time.
type Authenticator struct {
	header      userHeader
	trustAll    bool
	trusted     []string
	sidecar     sidecar
	names       tenancy.Names
	oidc        *issuer
	tokenReview *tokenReview
}

// verifier is one way to verify a token.
type verifier interface {
	verify(ctx context.Context, token string) (verified, *Refusal)
}

// New returns an Authenticator, or all that is wrong with the options. It talks to nobody yet.
func New(o Options) (*Authenticator, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	a := &Authenticator{
		header:   userHeader{name: o.UserIDHeader, prefix: o.UserIDPrefix},
		trustAll: o.TrustUserHeader,
		trusted:  o.TrustedPrincipals,
		sidecar:  sidecar{addresses: o.SidecarAddresses},
		names:    o.Names,
	}
	if o.OIDC != nil {
		a.oidc = &issuer{OIDCOptions: *o.OIDC, keys: newIssuerKeys(*o.OIDC)}
	}
	if o.TokenReviews != nil {
		a.tokenReview = &tokenReview{*o.TokenReviews}
	}
	return a, nil
}

// Warnings are sentences for the log at the start, about what was configured and is unsafe.
func (a *Authenticator) Warnings() []string {
	if !a.trustAll || a.header.name == "" {
		return nil
	}
	return []string{fmt.Sprintf("The header %s is believed from anybody (--trust-user-header): whoever reaches this port is whoever they say they are, administrators included. "+
		"Use this only where a network policy lets nobody but the gateway reach the port.", a.header.name)}
}

// Names is how names are compared here.
func (a *Authenticator) Names() tenancy.Names { return a.names }

// Authenticate returns who sent a request. A request without any credential comes from an
// anonymous caller and is no error; Demand makes it one. Every error is a *Refusal.
func (a *Authenticator) Authenticate(r *http.Request) (Caller, error) {
	c, refusal := a.authenticate(r)
	if refusal != nil {
		return Caller{}, refusal
	}
	return c, nil
}

func (a *Authenticator) authenticate(r *http.Request) (Caller, *Refusal) {
	principal, refusal := a.sidecar.principal(r)
	if refusal != nil {
		return Caller{}, refusal
	}
	program := Caller{Principal: principal, TrustedPrincipal: slices.Contains(a.trusted, principal)}
	token, sent, refusal := readBearer(r.Header)
	if refusal != nil {
		return Caller{}, refusal
	}
	named := a.header.sent(r.Header)
	trusted := named && a.trusts(program)
	way, certain := a.wayFor(token.issuer)
	switch {
	case sent && (certain || !trusted):
		return a.byToken(r, program, way, token)
	case trusted:
		return a.byHeader(r, program)
	case named:
		return Caller{}, a.untrustedHeader(r, principal)
	default:
		return program, nil
	}
}

// trusts says whether a program may set the user header.
func (a *Authenticator) trusts(program Caller) bool { return a.trustAll || program.TrustedPrincipal }

// wayFor chooses the one way by which tokens of an issuer are verified, nil for none. It is
// certain of it when the issuer was named in the options.
func (a *Authenticator) wayFor(issuer string) (way verifier, certain bool) {
	switch {
	case issuer == "":
		return nil, false
	case a.oidc != nil && issuer == a.oidc.Issuer:
		return a.oidc, true
	case a.tokenReview == nil:
		return nil, false
	case slices.Contains(a.tokenReview.Issuers, issuer):
		return a.tokenReview, true
	case len(a.tokenReview.Issuers) == 0:
		return a.tokenReview, false
	default:
		return nil, false
	}
}

// byToken trusts the token. A user header beside it must name the same user.
func (a *Authenticator) byToken(r *http.Request, program Caller, way verifier, token bearer) (Caller, *Refusal) {
	if way == nil {
		return Caller{}, badToken(ReasonUnknownIssuer, "Bearer tokens of this kind are not accepted here. Log in through the gateway, or send a token of the identity provider that this API is configured with.",
			fmt.Errorf("no way to verify tokens of the issuer %.200q", token.issuer))
	}
	proven, refusal := way.verify(r.Context(), token.raw)
	if refusal != nil {
		return Caller{}, refusal
	}
	if !a.header.sent(r.Header) {
		return a.complete(program, proven)
	}
	name, refusal := a.header.read(r.Header)
	if refusal != nil {
		return Caller{}, refusal
	}
	if !a.names.Same(name, proven.name) {
		return Caller{}, &Refusal{Status: http.StatusForbidden, Reason: ReasonDisagreement,
			Message: fmt.Sprintf("The header %s and the bearer token name different users. Send one of them, or log in again.", a.header.name),
			Cause:   fmt.Errorf("%w: %q and %q", errDisagreement, name, proven.name)}
	}
	if a.trusts(program) {
		// The mesh's policies compare with the gateway's spelling.
		proven.name = name
	}
	return a.complete(program, proven)
}

func (a *Authenticator) byHeader(r *http.Request, program Caller) (Caller, *Refusal) {
	name, refusal := a.header.read(r.Header)
	if refusal != nil {
		return Caller{}, refusal
	}
	return a.complete(program, verified{name: name, via: ViaUserHeader})
}

// complete adds to the program who uses it.
func (a *Authenticator) complete(program Caller, who verified) (Caller, *Refusal) {
	kind, err := kindOf(who.name)
	if err != nil {
		return Caller{}, unusableName(err)
	}
	program.Kind, program.Name, program.Key = kind, who.name, a.names.Key(who.name)
	program.Groups, program.Via = who.groups, who.via
	return program, nil
}

// untrustedHeader tells the operator, in the log, what to configure if the sender is right.
func (a *Authenticator) untrustedHeader(r *http.Request, principal string) *Refusal {
	sender := fmt.Sprintf("%s, which is no sidecar (see --sidecar-addresses) or sent no client certificate", r.RemoteAddr)
	if principal != "" {
		sender = principal + ", which is not among --trusted-principals"
	}
	return &Refusal{Status: http.StatusForbidden, Reason: ReasonUntrustedUserHeader,
		Message: fmt.Sprintf("The header %s is accepted from the gateway only. Come through the gateway, or send a bearer token instead.", a.header.name),
		Cause:   fmt.Errorf("the header came from %s", sender)}
}

// Demand refuses an anonymous caller, for requests that need to know who is calling.
func (a *Authenticator) Demand(c Caller) error {
	if !c.IsAnonymous() {
		return nil
	}
	return &Refusal{Status: http.StatusUnauthorized, Reason: ReasonNoCredential,
		Message: "Say who you are: log in through the gateway, or send a bearer token."}
}
