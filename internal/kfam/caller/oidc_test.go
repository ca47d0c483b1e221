package caller

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func asToken(token string) *http.Request {
	return request(fromPod, "Authorization", "Bearer "+token)
}

func TestOIDCToken(t *testing.T) {
	p := startIdentityProvider(t)
	ann := Caller{Kind: User, Name: "ann@example.com", Key: "ann@example.com", Groups: []string{"data", "ml"}, Via: ViaOIDC}
	called := func(name string, groups ...string) Caller {
		c := ann
		c.Name, c.Key, c.Groups = name, name, groups
		return c
	}
	tests := map[string]struct {
		change func(*OIDCOptions)
		claims fields
		want   Caller
	}{
		"plain":                                 {nil, nil, ann},
		"one of several audiences":              {nil, fields{"aud": []string{"x", "other"}}, ann},
		"another user claim":                    {func(o *OIDCOptions) { o.UserClaim = "sub" }, fields{"email_verified": false}, called("7", "data", "ml")},
		"prefixes":                              {func(o *OIDCOptions) { o.UserPrefix, o.GroupsPrefix = "idp:", "g:" }, nil, called("idp:ann@example.com", "g:data", "g:ml")},
		"no groups claim configured":            {func(o *OIDCOptions) { o.GroupsClaim = "" }, nil, called("ann@example.com")},
		"another groups claim":                  {func(o *OIDCOptions) { o.GroupsClaim = "https://corp/roles" }, fields{"https://corp/roles": []string{"x"}}, called("ann@example.com", "x")},
		"no groups in the token":                {nil, fields{"groups": nil}, called("ann@example.com")},
		"one group as a string":                 {nil, fields{"groups": "data"}, called("ann@example.com", "data")},
		"group with commas":                     {nil, fields{"groups": []string{"CN=data,OU=x"}}, called("ann@example.com", "CN=data,OU=x")},
		"groups that none can bind":             {nil, fields{"groups": []string{"", "*", "a\x00", "system:masters", " x", "ok"}}, called("ann@example.com", "ok")},
		"email_verified is a word":              {nil, fields{"email_verified": "true"}, ann},
		"trusted issuer without email_verified": {func(o *OIDCOptions) { o.TrustEmails = true }, fields{"email_verified": nil}, ann},
		"not before, a moment ahead":            {nil, fields{"nbf": time.Now().Add(30 * time.Second).Unix()}, ann},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := p.options()
			if test.change != nil {
				test.change(o)
			}
			got, err := newAuthenticator(t, Options{OIDC: o}).Authenticate(asToken(p.token(t, test.claims)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the caller differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAttackOIDCTokens(t *testing.T) {
	p := startIdentityProvider(t)
	stranger := newKey(t)
	ago := time.Now().Add(-time.Minute).Unix()
	encode := base64.RawURLEncoding.EncodeToString
	withHeader := func(header, payload string) string {
		return encode([]byte(header)) + "." + encode([]byte(payload)) + "."
	}
	evil := `{"iss":"` + p.URL() + `","aud":"kfam","email":"admin@example.com","exp":99999999999}`
	good := strings.Split(p.token(t, nil), ".")
	tests := map[string]struct {
		token  string
		status int
		reason Reason
	}{
		"expired":                               {p.token(t, fields{"exp": ago}), 401, ReasonExpiredToken},
		"without an expiry":                     {p.token(t, fields{"exp": nil}), 401, ReasonExpiredToken},
		"not valid yet":                         {p.token(t, fields{"nbf": time.Now().Add(time.Hour).Unix()}), 401, ReasonInvalidToken},
		"for another application":               {p.token(t, fields{"aud": "grafana"}), 401, ReasonInvalidToken},
		"for several other applications":        {p.token(t, fields{"aud": []string{"grafana", "kfam2", "KFAM"}}), 401, ReasonInvalidToken},
		"for nobody":                            {p.token(t, fields{"aud": nil}), 401, ReasonInvalidToken},
		"signed by a stranger":                  {sign(t, jose.RS256, stranger, "one", p.claims(nil)), 401, ReasonInvalidToken},
		"signed by a stranger with no key ID":   {sign(t, jose.RS256, stranger, "", p.claims(nil)), 401, ReasonInvalidToken},
		"signed by a stranger's other key":      {sign(t, jose.ES256, ecKey(t), "one", p.claims(nil)), 401, ReasonInvalidToken},
		"of another issuer":                     {p.token(t, fields{"iss": "https://evil.example"}), 401, ReasonUnknownIssuer},
		"of an issuer that begins like ours":    {p.token(t, fields{"iss": p.URL() + "/"}), 401, ReasonUnknownIssuer},
		"of no issuer":                          {p.token(t, fields{"iss": nil}), 401, ReasonUnknownIssuer},
		"of an issuer that is no string":        {p.token(t, fields{"iss": []string{p.URL()}}), 401, ReasonUnknownIssuer},
		"unsigned (alg none)":                   {withHeader(`{"alg":"none"}`, evil), 401, ReasonInvalidToken},
		"unsigned (alg NONE)":                   {withHeader(`{"alg":"NONE"}`, evil), 401, ReasonInvalidToken},
		"HMAC keyed with the public key in PEM": {sign(t, jose.HS256, publicPEM(t, p.key), "one", p.claims(fields{"email": "admin@example.com"})), 401, ReasonInvalidToken},
		"HMAC keyed with the public modulus":    {sign(t, jose.HS256, p.key.N.Bytes(), "one", p.claims(fields{"email": "admin@example.com"})), 401, ReasonInvalidToken},
		"other claims under a good signature":   {good[0] + "." + encode([]byte(evil)) + "." + good[2], 401, ReasonInvalidToken},
		"no signature":                          {good[0] + "." + good[1] + ".", 401, ReasonInvalidToken},
		"key in the token's header":             {withOwnKey(t, p.claims(fields{"email": "admin@example.com"})), 401, ReasonInvalidToken},
		"unverified address":                    {p.token(t, fields{"email_verified": false}), 403, ReasonUnusableName},
		"address that may be unverified":        {p.token(t, fields{"email_verified": nil}), 403, ReasonUnusableName},
		"unverified address, as a word":         {p.token(t, fields{"email_verified": "false"}), 403, ReasonUnusableName},
		"address verified by null":              {p.token(t, fields{"email_verified": []any{nil}}), 403, ReasonUnusableName},
		"no address":                            {p.token(t, fields{"email": nil}), 403, ReasonUnusableName},
		"empty address":                         {p.token(t, fields{"email": ""}), 403, ReasonUnusableName},
		"address is a number":                   {p.token(t, fields{"email": 7}), 403, ReasonUnusableName},
		"address is null":                       {p.token(t, fields{"email": json.RawMessage("null")}), 403, ReasonUnusableName},
		"address is half a character":           {p.token(t, fields{"email": json.RawMessage(`"ann\ud800@example.com"`)}), 403, ReasonUnusableName},
		"address is a list":                     {p.token(t, fields{"email": []string{"admin@example.com"}}), 403, ReasonUnusableName},
		"address is a pattern":                  {p.token(t, fields{"email": "*"}), 403, ReasonUnusableName},
		"address is two":                        {p.token(t, fields{"email": "ann@example.com,admin@example.com"}), 403, ReasonUnusableName},
		"address is Kubernetes' own":            {p.token(t, fields{"email": "system:admin"}), 403, ReasonUnusableName},
		"address is a service account":          {p.token(t, fields{"email": "system:serviceaccount:kubeflow:dashboard"}), 403, ReasonUnusableName},
		"groups are a number":                   {p.token(t, fields{"groups": 7}), 403, ReasonUnusableName},
		"groups hold a number":                  {p.token(t, fields{"groups": []any{"data", 7}}), 403, ReasonUnusableName},
		"groups hold null":                      {p.token(t, fields{"groups": []any{"data", nil}}), 403, ReasonUnusableName},
		"a logout token":                        {p.token(t, fields{"events": fields{"http://schemas.openid.net/event/backchannel-logout": fields{}}}), 401, ReasonInvalidToken},
		"two tokens in one":                     {p.token(t, nil) + "." + p.token(t, nil), 401, ReasonUnknownIssuer},
	}
	// The reviewer would accept anything, so each test also proves that it is not asked.
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reviewer := &reviews{status: account("system:serviceaccount:a:b")}
			o := Options{OIDC: p.options(), TokenReviews: &TokenReviewOptions{Reviewer: reviewer, Issuers: []string{"https://kubernetes.default.svc"}}}
			_, err := newAuthenticator(t, o).Authenticate(asToken(test.token))
			told, _ := wantRefusal(t, err, test.status, test.reason)
			if reviewer.asked != 0 {
				t.Error("a token that failed by one way was tried by another")
			}
			if strings.Contains(told, p.URL()) || strings.Contains(told, "admin@example.com") {
				t.Errorf("the client is told %q", told)
			}
		})
	}
}

func TestAttackEmptyClaimIsNobodyBehindAPrefix(t *testing.T) {
	p := startIdentityProvider(t)
	o := p.options()
	o.UserPrefix, o.GroupsPrefix = "idp:", "g:"
	a := newAuthenticator(t, Options{OIDC: o})
	_, err := a.Authenticate(asToken(p.token(t, fields{"email": ""})))
	wantRefusal(t, err, http.StatusForbidden, ReasonUnusableName)
	c, err := a.Authenticate(asToken(p.token(t, fields{"groups": []string{""}})))
	if err != nil || len(c.Groups) != 0 {
		t.Errorf("the caller is %+v, %v; want no groups", c, err)
	}
}

func TestTrustedEmailsMayNotBeUnverified(t *testing.T) {
	p := startIdentityProvider(t)
	o := p.options()
	o.TrustEmails = true
	_, err := newAuthenticator(t, Options{OIDC: o}).Authenticate(asToken(p.token(t, fields{"email_verified": false})))
	wantRefusal(t, err, http.StatusForbidden, ReasonUnusableName)
}

// withOwnKey is a token that brings the key which proves it.
func withOwnKey(t *testing.T, claims fields) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: newKey(t)}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(mustJSON(t, claims))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestAlgorithmsAreThoseOfTheList(t *testing.T) {
	p := startIdentityProvider(t)
	key := ecKey(t)
	if err := p.Publish("ec", key); err != nil {
		t.Fatal(err)
	}
	token := sign(t, jose.ES256, key, "ec", p.claims(nil))
	if _, err := newAuthenticator(t, Options{OIDC: p.options()}).Authenticate(asToken(token)); err != nil {
		t.Errorf("ES256 by default: %v", err)
	}
	o := p.options()
	o.Algorithms = []string{"RS256"}
	_, err := newAuthenticator(t, Options{OIDC: o}).Authenticate(asToken(token))
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
}

func TestKeysRotate(t *testing.T) {
	p := startIdentityProvider(t)
	a := newAuthenticator(t, Options{OIDC: p.options()})
	old := p.token(t, nil)
	for range 5 {
		if _, err := a.Authenticate(asToken(old)); err != nil {
			t.Fatal(err)
		}
	}
	if asked := p.asked.Load(); asked != 2 {
		t.Errorf("five tokens cost %d requests at the issuer, want 2: discovery and keys", asked)
	}
	key := newKey(t)
	if err := p.Publish("two", key); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(asToken(sign(t, jose.RS256, key, "two", p.claims(nil)))); err != nil {
		t.Errorf("a token signed with the new key: %v", err)
	}
	_, err := a.Authenticate(asToken(old))
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
}

func TestIssuerThatIsDown(t *testing.T) {
	faults := map[string]fault{
		"not reachable":     {err: errors.New("connection refused")},
		"answers 500":       {status: 500, body: `{}`},
		"answers 404":       {status: 404, body: `{}`},
		"answers nothing":   {status: 204},
		"answers HTML":      {status: 200, body: `<html>maintenance</html>`},
		"answers too much":  {status: 200, body: `{"x":"` + strings.Repeat("x", longestAnswer) + `"}`},
		"redirects to http": {status: 302, location: "http://127.0.0.1:1/"},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			p := startIdentityProvider(t)
			now := time.Now()
			o := p.options()
			o.Now = func() time.Time { return now }
			a := newAuthenticator(t, Options{OIDC: o})
			p.fault.Store(&fault)
			_, err := a.Authenticate(asToken(p.token(t, nil)))
			wantRefusal(t, err, http.StatusServiceUnavailable, ReasonUnavailable)
			asked := p.asked.Load()
			_, err = a.Authenticate(asToken(p.token(t, nil)))
			wantRefusal(t, err, http.StatusServiceUnavailable, ReasonUnavailable)
			if p.asked.Load() != asked {
				t.Error("an issuer that is down is asked again at once")
			}
			p.fault.Store(nil)
			now = now.Add(restAfterFailure)
			if _, err := a.Authenticate(asToken(p.token(t, nil))); err != nil {
				t.Fatalf("the issuer is back: %v", err)
			}
			p.fault.Store(&fault)
			if _, err := a.Authenticate(asToken(p.token(t, nil))); err != nil {
				t.Errorf("a token with a known key, while the issuer is down: %v", err)
			}
			_, err = a.Authenticate(asToken(sign(t, jose.RS256, newKey(t), "unknown", p.claims(nil))))
			wantRefusal(t, err, http.StatusServiceUnavailable, ReasonUnavailable)
		})
	}
}

func TestAttackTokensWithUnknownKeysDoNotFloodTheIssuer(t *testing.T) {
	p := startIdentityProvider(t)
	a := newAuthenticator(t, Options{OIDC: p.options()})
	forged := sign(t, jose.RS256, newKey(t), "unknown", p.claims(nil))
	for range 10 * keyReadsBurst {
		if _, err := a.Authenticate(asToken(forged)); err == nil {
			t.Fatal("a forged token is accepted")
		}
	}
	// As many again as may come in while this runs.
	if asked := p.asked.Load(); asked > 2*keyReadsBurst {
		t.Errorf("%d forged tokens cost %d requests at the issuer", 10*keyReadsBurst, asked)
	}
	if _, err := a.Authenticate(asToken(p.token(t, nil))); err != nil {
		t.Errorf("a good token meanwhile: %v", err)
	}
}

func TestAttackHangingUpDoesNotMakeTheIssuerLookDown(t *testing.T) {
	p := startIdentityProvider(t)
	a := newAuthenticator(t, Options{OIDC: p.options()})
	ctx, hangUp := context.WithCancel(t.Context())
	p.arrived = hangUp
	_, err := a.Authenticate(asToken(p.token(t, nil)).WithContext(ctx))
	wantRefusal(t, err, http.StatusServiceUnavailable, ReasonUnavailable)
	if _, err := a.Authenticate(asToken(p.token(t, nil))); err != nil {
		t.Errorf("the next client: %v", err)
	}
}

func TestIssuerThatIsSomebodyElse(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"}`)
	}))
	defer server.Close()
	a := newAuthenticator(t, Options{OIDC: &OIDCOptions{Issuer: server.URL, Audiences: []string{"kfam"}, Client: server.Client()}})
	_, err := a.Authenticate(asToken(unsigned(`{"iss":"` + server.URL + `"}`)))
	told, logged := wantRefusal(t, err, http.StatusServiceUnavailable, ReasonUnavailable)
	if !strings.Contains(logged, "https://evil.example") || strings.Contains(told, "evil") {
		t.Errorf("the log gets %q and the client %q", logged, told)
	}
}

func TestHeaderAndTokenMustAgree(t *testing.T) {
	p := startIdentityProvider(t)
	o := meshed()
	o.OIDC, o.Names = p.options(), tenancy.EmailsIgnoreCase
	a := newAuthenticator(t, o)
	bearerOf := func(claims fields) []string { return []string{"Authorization", "Bearer " + p.token(t, claims)} }
	want := func(spelled string, principal string) Caller {
		return Caller{Kind: User, Name: spelled, Key: "ann@example.com", Groups: []string{"data", "ml"}, Via: ViaOIDC, Principal: principal, TrustedPrincipal: principal == gateway}
	}
	agreeing := map[string]struct {
		request *http.Request
		want    Caller
	}{
		"from the gateway, which spells it as the mesh does": {through(gateway, append(bearerOf(nil), "kubeflow-userid", "Ann@example.com")...), want("Ann@example.com", gateway)},
		"from a tenant":          {through(tenantPod, append(bearerOf(nil), "kubeflow-userid", "Ann@example.com")...), want("ann@example.com", tenantPod)},
		"from outside the mesh":  {request(fromPod, append(bearerOf(nil), "kubeflow-userid", "ann@example.com")...), want("ann@example.com", "")},
		"token without a header": {through(gateway, bearerOf(nil)...), want("ann@example.com", gateway)},
	}
	for name, test := range agreeing {
		t.Run(name, func(t *testing.T) {
			got, err := a.Authenticate(test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the caller differs (-want +got):\n%s", diff)
			}
		})
	}
	refused := map[string]struct {
		request *http.Request
		status  int
		reason  Reason
	}{
		"header of another user through the gateway, which let it pass": {through(gateway, append(bearerOf(nil), "kubeflow-userid", "admin@example.com")...), 403, ReasonDisagreement},
		"header of another user from a tenant":                          {through(tenantPod, append(bearerOf(nil), "kubeflow-userid", "admin@example.com")...), 403, ReasonDisagreement},
		"token without an address":                                      {through(gateway, append(bearerOf(fields{"email": nil}), "kubeflow-userid", "admin@example.com")...), 403, ReasonUnusableName},
		"expired token":                                                 {through(gateway, append(bearerOf(fields{"exp": 1}), "kubeflow-userid", "ann@example.com")...), 401, ReasonExpiredToken},
		"two headers":                                                   {through(gateway, append(bearerOf(nil), "kubeflow-userid", "ann@example.com", "kubeflow-userid", "admin@example.com")...), 400, ReasonMalformedUserHeader},
	}
	for name, test := range refused {
		t.Run(name, func(t *testing.T) {
			_, err := a.Authenticate(test.request)
			wantRefusal(t, err, test.status, test.reason)
			if test.reason == ReasonDisagreement && !errors.Is(err, errDisagreement) {
				t.Errorf("the cause is %v", err)
			}
		})
	}
}
