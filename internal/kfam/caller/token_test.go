package caller

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	idp "github.com/kfprofiles/kfprofiles/test/cloud/issuer"
	"github.com/kfprofiles/kfprofiles/test/cloud/oidcissuer"
)

// unsigned is a token that claims to be signed.
func unsigned(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","kid":"one"}`)) + "." + encode([]byte(payload)) + "." + encode([]byte("signature"))
}

type fields map[string]any

// identityProvider is an OIDC issuer whose key the tests hold. Its requests are counted.
type identityProvider struct {
	*idp.Issuer
	key   *rsa.PrivateKey
	asked atomic.Int32
	inner http.RoundTripper
	// arrived, when set, is called for each request before it is answered.
	arrived func()
	// fault is what to answer in place of the issuer, when set.
	fault atomic.Pointer[fault]
}

// fault is an answer that an issuer should not give, or none at all.
type fault struct {
	status         int
	body, location string
	err            error
}

func (p *identityProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked.Add(1)
	if p.arrived != nil {
		p.arrived()
	}
	if f := p.fault.Load(); f != nil {
		return &http.Response{StatusCode: f.status, Status: http.StatusText(f.status), Request: r,
			Header: http.Header{"Content-Type": {"application/json"}, "Location": {f.location}},
			Body:   io.NopCloser(strings.NewReader(f.body))}, f.err
	}
	return p.inner.RoundTrip(r)
}

func startIdentityProvider(t *testing.T) *identityProvider {
	t.Helper()
	issuer, err := idp.Start(idp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := issuer.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &identityProvider{Issuer: issuer, key: newKey(t), inner: issuer.Client().Transport}
	if err := issuer.Publish("one", p.key); err != nil {
		t.Fatal(err)
	}
	return p
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// options accept the issuer's tokens for "kfam".
func (p *identityProvider) options() *OIDCOptions {
	return &OIDCOptions{Issuer: p.URL(), Audiences: []string{"other", "kfam"}, GroupsClaim: "groups", Client: &http.Client{Transport: p}}
}

// claims are those of a good token of ann's, changed by what is given; nil removes one.
func (p *identityProvider) claims(changes fields) fields {
	c := fields{"iss": p.URL(), "sub": "7", "aud": "kfam", "email": "ann@example.com", "email_verified": true,
		"groups": []string{"data", "ml"}, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, value any) bool { return value == nil })
	return c
}

func (p *identityProvider) token(t *testing.T, changes fields) string {
	t.Helper()
	return sign(t, jose.RS256, p.key, "one", p.claims(changes))
}

func sign(t *testing.T, algorithm jose.SignatureAlgorithm, key any, keyID string, claims fields) string {
	t.Helper()
	token, err := oidcissuer.Sign(algorithm, key, keyID, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicPEM(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
