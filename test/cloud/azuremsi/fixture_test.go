package azuremsi

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
)

// fixture is a subscription with one identity, and a client of the real SDK.
type fixture struct {
	*Server
	t            *testing.T
	id, clientID string
	identities   *armmsi.UserAssignedIdentitiesClient
	credentials  *armmsi.FederatedIdentityCredentialsClient
}

func start(t *testing.T, o Options) *fixture {
	t.Helper()
	f := &fixture{Server: Start(o), t: t}
	t.Cleanup(f.Close)
	f.id, f.clientID = f.AddIdentity("Alice")
	f.as(f.Credential())
	return f
}

// as has the fixture's client be another caller.
func (f *fixture) as(who azcore.TokenCredential) {
	f.t.Helper()
	transport := &http.Transport{}
	f.t.Cleanup(transport.CloseIdleConnections)
	o := f.ClientOptions()
	o.Transport = &http.Client{Transport: transport}
	factory, err := armmsi.NewClientFactory(Subscription, who, o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.identities, f.credentials = factory.NewUserAssignedIdentitiesClient(), factory.NewFederatedIdentityCredentialsClient()
}

func (f *fixture) put(name string, p *armmsi.FederatedIdentityCredentialProperties) error {
	_, err := f.credentials.CreateOrUpdate(f.t.Context(), Group, "Alice", name, armmsi.FederatedIdentityCredential{Properties: p}, nil)
	return err
}

func (f *fixture) get(name string) (armmsi.FederatedIdentityCredential, error) {
	got, err := f.credentials.Get(f.t.Context(), Group, "Alice", name, nil)
	return got.FederatedIdentityCredential, err
}

// remove deletes the credential "one".
func (f *fixture) remove() error {
	_, err := f.credentials.Delete(f.t.Context(), Group, "Alice", "one", nil)
	return err
}

// names lists all pages.
func (f *fixture) names(ctx context.Context) (names []string, err error) {
	for pages := f.credentials.NewListPager(Group, "Alice", nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Value {
			names = append(names, *c.Name)
		}
	}
	return names, nil
}

// about is a credential for a subject that pods of ours have.
func about(subject string, audiences ...string) *armmsi.FederatedIdentityCredentialProperties {
	return &armmsi.FederatedIdentityCredentialProperties{Issuer: to.Ptr("https://oidc.example.com/id/ours"),
		Subject: to.Ptr("system:serviceaccount:" + subject), Audiences: to.SliceOfPtrs(audiences...)}
}

const exchange = "api://AzureADTokenExchange"

// wantError compares an error with what the SDK makes of a status and a code.
func wantError(t *testing.T, err error, status int, code string) {
	t.Helper()
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || answer.StatusCode != status || answer.ErrorCode != code {
		t.Errorf("got %v; want %d %s", err, status, code)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
