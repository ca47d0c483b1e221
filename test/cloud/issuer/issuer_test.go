package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o Options) *Issuer {
	t.Helper()
	i, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return i
}

// get reads JSON from a server that must answer with 200.
func get(t *testing.T, client *http.Client, url string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func published(t *testing.T, i *Issuer) jose.JSONWebKeySet {
	t.Helper()
	var discovery struct {
		Issuer  string `json:"issuer"`
		KeysURL string `json:"jwks_uri"`
	}
	get(t, i.Client(), i.URL()+"/.well-known/openid-configuration", &discovery)
	if discovery.Issuer != i.URL() || discovery.KeysURL != i.URL()+"/keys" {
		t.Fatalf("discovered %+v at %s", discovery, i.URL())
	}
	var keys jose.JSONWebKeySet
	get(t, i.Client(), discovery.KeysURL, &keys)
	return keys
}

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestThePublishedKeyHasItsCertificate(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, key := range map[string]crypto.Signer{"RS256": newRSA(t), "ES384": curve} {
		t.Run(algorithm, func(t *testing.T) {
			i := start(t, Options{Path: "/id/a"})
			if !strings.HasPrefix(i.URL(), "https://127.0.0.1:") || !strings.HasSuffix(i.URL(), "/id/a") {
				t.Errorf("the issuer is %s", i.URL())
			}
			if keys := published(t, i); len(keys.Keys) != 0 || i.Thumbprint() != "" {
				t.Errorf("before Publish: %v, %s", keys, i.Thumbprint())
			}
			if err := i.Publish("its-id", key); err != nil {
				t.Fatal(err)
			}
			keys := published(t, i)
			if len(keys.Keys) != 1 || len(keys.Keys[0].Certificates) != 1 {
				t.Fatalf("published %v", keys)
			}
			got := keys.Keys[0]
			if diff := cmp.Diff(key.Public(), got.Key) + cmp.Diff("its-id", got.KeyID) + cmp.Diff(algorithm, got.Algorithm); diff != "" {
				t.Error(diff)
			}
			certificate := got.Certificates[0]
			if diff := cmp.Diff(key.Public(), certificate.PublicKey); diff != "" {
				t.Errorf("the certificate is over another key: %s", diff)
			}
			if err := certificate.CheckSignatureFrom(certificate); err != nil {
				t.Errorf("not self-signed: %v", err)
			}
			if want := fmt.Sprintf("%X", sha1.Sum(certificate.Raw)); i.Thumbprint() != want {
				t.Errorf("thumbprint %s, want %s", i.Thumbprint(), want)
			}
		})
	}
}

func TestOnlyItsClientTrustsIt(t *testing.T) {
	i, other := start(t, Options{}), start(t, Options{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.URL()+"/keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := other.Client().Do(request)
	if err == nil {
		defer response.Body.Close()
		t.Error("a stranger trusts the certificate")
	}
}

func TestTheAPIServersKeyKeepsItsID(t *testing.T) {
	key, stranger := newRSA(t), newRSA(t)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	inPEM := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	keys := func(published ...*rsa.PrivateKey) []byte {
		var set jose.JSONWebKeySet
		for n, key := range published {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: fmt.Sprint("key-", n), Algorithm: "RS256", Use: "sig"})
		}
		text, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	pkcs1 := inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	tests := map[string]struct {
		jwks, key []byte
		// keyID is empty where there must be an error.
		keyID string
	}{
		"the only key":     {keys(key), pkcs1, "key-0"},
		"one of two":       {keys(stranger, key), pkcs1, "key-1"},
		"as PKCS #8":       {keys(key), inPEM("PRIVATE KEY", pkcs8), "key-0"},
		"another key":      {keys(stranger), pkcs1, ""},
		"no keys":          {keys(), pkcs1, ""},
		"no JWKS":          {[]byte("x"), pkcs1, ""},
		"no PEM":           {keys(key), []byte("x"), ""},
		"not a key at all": {keys(key), inPEM("CERTIFICATE", []byte("x")), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			i := start(t, Options{})
			err := i.PublishAPIServer(test.jwks, test.key)
			var got string
			for _, key := range published(t, i).Keys {
				got += key.KeyID
			}
			if got != test.keyID || (err == nil) != (test.keyID != "") {
				t.Errorf("published %q, %v; want %q", got, err, test.keyID)
			}
		})
	}
}

func TestCloseEndsOpenConnections(t *testing.T) {
	i, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	get(t, i.Client(), i.URL()+"/.well-known/openid-configuration", &document)
	begin := time.Now()
	if err := i.Close(); err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}
