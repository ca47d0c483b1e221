package azuremsi

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/kfprofiles/kfprofiles/test/cloud/oidcissuer"
)

// login asks for a token as a pod does: with the SDK, and a token of its service account.
func login(t *testing.T, e *Entra, clientID, assertion, scope string) (string, error) {
	t.Helper()
	c, err := azidentity.NewClientAssertionCredential(Tenant, clientID, func(context.Context) (string, error) { return assertion, nil },
		&azidentity.ClientAssertionCredentialOptions{DisableInstanceDiscovery: true, ClientOptions: policy.ClientOptions{
			Transport: e.Client(), Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: e.URL()}, Retry: policy.RetryOptions{MaxRetries: -1}}})
	must(t, err)
	token, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	return token.Token, err
}

// cluster is an issuer of tokens, and the token endpoint that knows it.
type cluster struct {
	*oidcissuer.Issuer
	entra *Entra
}

func startCluster(t *testing.T, s *Server) cluster {
	t.Helper()
	issuer, err := oidcissuer.Start(oidcissuer.Options{})
	must(t, err)
	t.Cleanup(issuer.Close)
	e := StartEntra(s, issuer.Client())
	t.Cleanup(e.Close)
	return cluster{issuer, e}
}

// token is that of a service account.
func (c cluster) token(t *testing.T, subject, audience string) string {
	t.Helper()
	token, err := c.Token(audience, map[string]any{"sub": subject})
	must(t, err)
	return token
}

func TestWhoIsAdmittedGetsAToken(t *testing.T) {
	f := start(t, Options{})
	c := startCluster(t, f.Server)
	f.SetCredential(f.id, Credential{"one", c.URL(), "system:serviceaccount:a:b", exchange})
	good := c.token(t, "system:serviceaccount:a:b", exchange)
	f.Grant(f.id, ReadIdentity, ReadCredential)
	token, err := login(t, c.entra, f.clientID, good, f.URL()+"/.default")
	must(t, err)
	f.as(staticToken(token))
	if _, err := f.names(t.Context()); err != nil {
		t.Error(err)
	}
	wantError(t, f.remove(), http.StatusForbidden, "AuthorizationFailed")

	other, err := login(t, c.entra, f.clientID, good, "https://storage.azure.com/.default")
	must(t, err)
	f.as(staticToken(other))
	wantError(t, f.remove(), http.StatusUnauthorized, "InvalidAuthenticationToken")
}

func TestNobodyElseGetsAToken(t *testing.T) {
	f := start(t, Options{})
	c := startCluster(t, f.Server)
	f.SetCredential(f.id, Credential{"one", c.URL(), "system:serviceaccount:a:b", exchange})
	signed := c.token(t, "system:serviceaccount:a:b", exchange)
	must(t, c.Rotate())
	tests := map[string]struct{ clientID, assertion, says string }{
		"another subject":  {f.clientID, c.token(t, "system:serviceaccount:a:c", exchange), "AADSTS700213"},
		"another audience": {f.clientID, c.token(t, "system:serviceaccount:a:b", "sts.amazonaws.com"), "AADSTS700213"},
		"another identity": {"44444444-4444-4444-4444-444444444444", c.token(t, "system:serviceaccount:a:b", exchange), "AADSTS700016"},
		"another key":      {f.clientID, signed, "AADSTS700211"},
		"no token":         {f.clientID, "x", "AADSTS700211"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if token, err := login(t, c.entra, test.clientID, test.assertion, f.URL()+"/.default"); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %q, %v; want %s", token, err, test.says)
			}
		})
	}
}
