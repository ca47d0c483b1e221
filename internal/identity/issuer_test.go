package identity

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// apiServer answers discovery with the text that answer points to; empty means 503.
func apiServer(t *testing.T, answer *string) (*Issuer, *int) {
	t.Helper()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case r.URL.Path != "/.well-known/openid-configuration":
			t.Errorf("the API server was asked for %s", r.URL.Path)
		case *answer == "":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, *answer)
		}
	}))
	t.Cleanup(server.Close)
	found, err := discovery.NewDiscoveryClientForConfigAndClient(&rest.Config{Host: server.URL}, server.Client())
	if err != nil {
		t.Fatal(err)
	}
	return &Issuer{API: found.RESTClient()}, &asked
}

func TestTheIssuerIsAskedForUntilItIsKnown(t *testing.T) {
	answer := ""
	issuer, asked := apiServer(t, &answer)
	if got, err := issuer.URL(t.Context()); err == nil || plugin.AsError(err).Kind != plugin.Retry {
		t.Errorf("got %q, %v; want an error that passes", got, err)
	}
	answer = "<html>"
	if got, err := issuer.URL(t.Context()); err == nil || plugin.AsError(err).Kind != plugin.Retry {
		t.Errorf("got %q, %v; want an error that passes", got, err)
	}
	answer = `{"issuer":"https://oidc.example.com/id/1","jwks_uri":"https://x"}`
	before := *asked
	for range 3 {
		if got, err := issuer.URL(t.Context()); err != nil || got != "https://oidc.example.com/id/1" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if *asked != before+1 {
		t.Errorf("the API server was asked %d times for what it had said; want once", *asked-before)
	}
}

func TestAnIssuerThatNoCloudCanTrustIsRefused(t *testing.T) {
	for _, document := range []string{`{}`, `{"issuer":""}`, `{"issuer":"kubernetes/serviceaccount"}`, `{"issuer":"http://x.example.com"}`} {
		issuer, asked := apiServer(t, &document)
		for range 2 {
			_, err := issuer.URL(t.Context())
			if e := plugin.AsError(err); err == nil || e.Kind != plugin.Refused || e.Reason != profilev1.ReasonIdentityRejected ||
				!strings.Contains(e.Message, "--service-account-issuer") || !strings.Contains(e.Message, "start the controller with -service-account-issuer") {
				t.Errorf("%s is answered with %v", document, err)
			}
		}
		if *asked != 2 {
			t.Errorf("the API server was asked %d times; what is wrong may be corrected, so want 2", *asked)
		}
	}
}

func TestAnIssuerThatIsSetIsNotAskedFor(t *testing.T) {
	answer := `{"issuer":"https://oidc.example.com/id/1"}`
	issuer, asked := apiServer(t, &answer)
	issuer.Override = "https://other.example.com"
	if got, err := issuer.URL(t.Context()); err != nil || got != "https://other.example.com" || *asked != 0 {
		t.Errorf("got %q, %v after %d questions", got, err, *asked)
	}
}

func TestCheckIssuer(t *testing.T) {
	for issuer, good := range map[string]bool{
		"https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE": true,
		"https://kubernetes.default.svc.cluster.local":           true,
		"https://localhost:6443":                                 true,
		"":                                                       false,
		"https://":                                               false,
		"oidc.example.com":                                       false,
		"http://oidc.example.com":                                false,
		"https://oidc.example.com/?x=1":                          false,
		"https://oidc.example.com/#x":                            false,
		"https://user@oidc.example.com/":                         false,
		"https://oidc example.com":                               false,
		"file:///etc/passwd":                                     false,
		"kubernetes/serviceaccount":                              false,
	} {
		if err := CheckIssuer(issuer); (err == nil) != good {
			t.Errorf("%q is answered with %v, want it good: %t", issuer, err, good)
		}
	}
}
