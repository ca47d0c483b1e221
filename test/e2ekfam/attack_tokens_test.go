package e2ekfam

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kfprofiles/kfprofiles/test/cloud/oidcissuer"
)

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// withToken sends a request with a token, from a pod that has nothing to do with the mesh.
func withToken(t *testing.T, token, method, path, body string) answer {
	t.Helper()
	return sendMeshed(t, otherPod, request{method: method, path: path, body: body, headers: bearer(token)})
}

func login(t *testing.T, application, person string) string {
	t.Helper()
	token, err := provider.Login(t.Context(), application, person)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// made is a token of the issuer that no login gives; it names the admin unless claims say
// otherwise.
func made(t *testing.T, claims map[string]any) string {
	t.Helper()
	if _, named := claims["email"]; !named {
		claims["email"] = admin
	}
	token, err := provider.Token("kfam", claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// forged is a token that says all that the issuer would say of the admin, and is signed
// otherwise.
func forged(t *testing.T, algorithm jose.SignatureAlgorithm, key any, keyID string) string {
	t.Helper()
	token, err := oidcissuer.Sign(algorithm, key, keyID, map[string]any{"iss": provider.URL(), "sub": "x", "aud": "kfam",
		"email": admin, "email_verified": true, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestPeopleWithTokens log in and do what they may, by themselves and by their groups.
func TestPeopleWithTokens(t *testing.T) {
	const vera = "vera@example.com"
	verasToken, olgasToken := login(t, "kfam", "vera"), login(t, "kfam", "olga")
	if got := withToken(t, verasToken, http.MethodGet, clusterAdminPath+"?user="+vera, ""); got.body != "false" {
		t.Errorf("vera is answered with %+v", got)
	}
	if got := withToken(t, verasToken, http.MethodPost, profilesPath, profileOf("vera", vera)); got != (answer{status: http.StatusOK}) {
		t.Fatalf("vera registers: %+v", got)
	}
	share := bindingFor("Group", "vision", "vera", "admin")
	soon(t, "vera shares with her group", func() bool {
		return withToken(t, verasToken, http.MethodPost, bindingsPath, share).status == http.StatusOK
	})
	soon(t, "olga, of the group, sees it", func() bool {
		return withToken(t, olgasToken, http.MethodGet, bindingsPath+"?namespace=vera&role=admin", "").body == listOf(share, bindingOf(vera, "vera", "admin"))
	})
	// By her group of operators, olga administers the installation.
	if got := withToken(t, olgasToken, http.MethodPost, profilesPath, profileOf("oscars", "oscar@example.com")); got.status != http.StatusOK {
		t.Errorf("olga registers for another: %+v", got)
	}
	if got := withToken(t, verasToken, http.MethodPost, profilesPath, profileOf("more", "oscar@example.com")); got.status != http.StatusForbidden {
		t.Errorf("vera does: %+v", got)
	}
}

// TestATeamOwnsAProfile has members of the owning group share and delete, whom the existing
// API refuses.
func TestATeamOwnsAProfile(t *testing.T) {
	verasToken := login(t, "kfam", "vera")
	must(t, admin, http.MethodPost, profilesPath, `{"metadata":{"name":"teams"},"spec":{"owner":{"kind":"Group","name":"vision"}}}`, http.StatusOK, "")
	soon(t, "a member shares", func() bool {
		return withToken(t, verasToken, http.MethodPost, bindingsPath, bindingOf("x@example.com", "teams", "view")).status == http.StatusOK
	})
	if got := withToken(t, verasToken, http.MethodDelete, profilesPath+"/teams", ""); got.status != http.StatusOK {
		t.Errorf("a member deletes: %+v", got)
	}
}

// TestAttackForgedAndForeignTokens all name the admin.
func TestAttackForgedAndForeignTokens(t *testing.T) {
	foreign, err := oidcissuer.Start(oidcissuer.Options{Applications: []string{"kfam"}, People: []oidcissuer.Person{{ID: "eve", Email: admin, EmailVerified: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(foreign.Close)
	foreigners, err := foreign.Login(t.Context(), "kfam", "eve")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keyID, key := provider.Key()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	encode := base64.RawURLEncoding.EncodeToString
	payload := encode(fmt.Appendf(nil, `{"iss":%q,"aud":"kfam","email":%q,"email_verified":true,"exp":99999999999}`, provider.URL(), admin))
	good := strings.Split(made(t, map[string]any{"email": "vera@example.com"}), ".")
	now := time.Now()
	tokens := map[string]struct {
		token  string
		status int
	}{
		"not at all":                            {made(t, map[string]any{}), http.StatusOK},
		"expired":                               {made(t, map[string]any{"exp": now.Add(-time.Minute).Unix()}), http.StatusUnauthorized},
		"without an end":                        {made(t, map[string]any{"exp": nil}), http.StatusUnauthorized},
		"not valid yet":                         {made(t, map[string]any{"nbf": now.Add(time.Hour).Unix()}), http.StatusUnauthorized},
		"for another application":               {made(t, map[string]any{"aud": "grafana"}), http.StatusUnauthorized},
		"of a login to another application":     {login(t, "grafana", "vera"), http.StatusUnauthorized},
		"for no application":                    {made(t, map[string]any{"aud": nil}), http.StatusUnauthorized},
		"of an issuer that nobody configured":   {foreigners, http.StatusUnauthorized},
		"that names another issuer":             {made(t, map[string]any{"iss": "https://evil.example"}), http.StatusUnauthorized},
		"that names an issuer like ours":        {made(t, map[string]any{"iss": provider.URL() + "/"}), http.StatusUnauthorized},
		"with an address that is not verified":  {login(t, "kfam", "eve"), http.StatusForbidden},
		"for a log-out":                         {made(t, map[string]any{"events": map[string]any{}}), http.StatusUnauthorized},
		"unsigned":                              {encode([]byte(`{"alg":"none"}`)) + "." + payload + ".", http.StatusUnauthorized},
		"unsigned, in capitals":                 {encode([]byte(`{"alg":"NONE"}`)) + "." + payload + ".", http.StatusUnauthorized},
		"HMAC keyed with the public key":        {forged(t, jose.HS256, publicKey, keyID), http.StatusUnauthorized},
		"HMAC keyed with the modulus":           {forged(t, jose.HS512, key.N.Bytes(), keyID), http.StatusUnauthorized},
		"signed by a stranger":                  {forged(t, jose.RS256, stranger, keyID), http.StatusUnauthorized},
		"signed by a stranger with another key": {forged(t, jose.RS256, stranger, "unheard-of"), http.StatusUnauthorized},
		"signed by a stranger with no key ID":   {forged(t, jose.RS256, stranger, ""), http.StatusUnauthorized},
		"other claims under a good signature":   {good[0] + "." + payload + "." + good[2], http.StatusUnauthorized},
		"cut short":                             {strings.Join(good[:2], "."), http.StatusUnauthorized},
		"no token":                              {"admin", http.StatusUnauthorized},
	}
	for name, test := range tokens {
		t.Run(name, func(t *testing.T) {
			got := withToken(t, test.token, http.MethodGet, clusterAdminPath+"?user="+admin, "")
			if got.status != test.status || strings.Contains(got.body, provider.URL()) || strings.Contains(got.body, admin) {
				t.Errorf("the answer is %+v, want %d", got, test.status)
			}
		})
	}
}

// TestAttackATokenBesideAnotherUsersHeader is what comes when a gateway lets a header of the
// client's own pass.
func TestAttackATokenBesideAnotherUsersHeader(t *testing.T) {
	r := whoami(admin)
	r.headers = through(gateway, append(namedBy(admin), bearer(login(t, "kfam", "vera"))...)...)
	if got := sendMeshed(t, sidecar, r); got.status != http.StatusForbidden {
		t.Errorf("the answer is %+v", got)
	}
	for name, headers := range map[string][]string{
		"two tokens":         append(bearer(login(t, "kfam", "vera")), bearer(made(t, map[string]any{}))...),
		"two tokens in one":  bearer(login(t, "kfam", "vera") + "," + made(t, map[string]any{})),
		"1 KB over the size": bearer(strings.Repeat("x", 33<<10)),
		"no token at all":    {"Authorization", "Bearer"},
	} {
		r.headers = headers
		if got := sendMeshed(t, otherPod, r); got.status != http.StatusBadRequest {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAttackATokenOfAKeyThatWasTakenBack: the issuer has a new key, and what the old one
// signed is worth nothing.
func TestAttackATokenOfAKeyThatWasTakenBack(t *testing.T) {
	const vera = clusterAdminPath + "?user=vera@example.com"
	before := login(t, "kfam", "vera")
	if got := withToken(t, before, http.MethodGet, vera, ""); got.status != http.StatusOK {
		t.Fatalf("before: %+v", got)
	}
	if err := provider.Rotate(); err != nil {
		t.Fatal(err)
	}
	after := login(t, "kfam", "vera")
	// The issuer is not asked more than so often, whatever tokens come.
	soon(t, "a token of the new key", func() bool {
		return withToken(t, after, http.MethodGet, vera, "").status == http.StatusOK
	})
	soon(t, "no token of the old key", func() bool {
		return withToken(t, before, http.MethodGet, vera, "").status == http.StatusUnauthorized
	})
}
