package issuer

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
)

// apiServer answers what an API server does at the paths of its issuer, to whom it knows.
func apiServer(t *testing.T, issuer string) *rest.Config {
	t.Helper()
	mux := http.NewServeMux()
	var server *httptest.Server
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"%s/openid/v1/jwks"}`, issuer, server.URL)
	})
	mux.HandleFunc("GET /openid/v1/jwks", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) })
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer its-token" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return &rest.Config{Host: server.URL, BearerToken: "its-token", TLSClientConfig: rest.TLSClientConfig{CAData: authority}}
}

func TestThroughAPIServer(t *testing.T) {
	for _, issuer := range []string{"https://kubernetes.default.svc.cluster.local", "https://oidc.example.com/id/a"} {
		config := apiServer(t, issuer)
		client, err := ThroughAPIServer(config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { utilnet.CloseIdleConnectionsFor(client.Transport) })
		var discovery map[string]string
		get(t, client, issuer+"/.well-known/openid-configuration", &discovery)
		if discovery["issuer"] != issuer {
			t.Errorf("discovered %v", discovery)
		}
		var keys map[string]any
		get(t, client, discovery["jwks_uri"], &keys)
		if found, err := OfAPIServer(t.Context(), config); err != nil || found != issuer {
			t.Errorf("the issuer is %q, %v", found, err)
		}
		config.BearerToken = "another"
		if _, err := OfAPIServer(t.Context(), config); err == nil || !strings.Contains(err.Error(), "service-account-issuer-discovery") {
			t.Errorf("with no right to ask: %v", err)
		}
	}
}
