package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	// azureKind is the plugin that these tests are about.
	azureKind = "AzureWorkloadIdentity"
	// tokenExchange is the audience of tokens for Microsoft Entra ID.
	tokenExchange = "api://AzureADTokenExchange"
	// controllerAccount is the service account of the controller.
	controllerAccount = "profiles-controller-service-account"
)

// azureFixture is a test's hold on the control plane and on an Azure of its own.
type azureFixture struct {
	*fixture
	azure *azuremsi.Server
	entra *azuremsi.Entra
	// own is the resource ID of the controller's own identity, which may do just what is
	// documented, and ownClient its client ID.
	own, ownClient string
}

// withAzure begins a test with a controller that has a managed identity, as the webhook of
// azure-workload-identity gives one to pods: by environment and a token of its account.
func withAzure(t *testing.T) *azureFixture {
	t.Helper()
	f := newAzure(t)
	f.startWith(f.controllerOptions())
	return f
}

func newAzure(t *testing.T) *azureFixture {
	t.Helper()
	keys, err := issuer.ThroughAPIServer(pg.Admin)
	if err != nil {
		t.Fatal(err)
	}
	f := &azureFixture{fixture: newFixture(t), azure: azuremsi.Start(azuremsi.Options{TLS: true})}
	f.entra = azuremsi.StartEntra(f.azure, keys)
	t.Cleanup(func() {
		// No other test can use this controller, whose Azure ends with the test.
		f.stop()
		f.entra.Close()
		f.azure.Close()
	})
	f.own, f.ownClient = f.azure.AddIdentity("profile-controller", azuremsi.Credential{Name: "controller", Issuer: clusterIssuer,
		Subject: subjectOf(playground.SystemNamespace, controllerAccount), Audience: tokenExchange})
	f.azure.Grant(f.own, azuremsi.ReadIdentity, azuremsi.ReadCredential, azuremsi.WriteCredential, azuremsi.DeleteCredential)
	return f
}

func (f *azureFixture) controllerOptions(flags ...string) playground.ControllerOptions {
	f.t.Helper()
	folder := f.t.TempDir()
	token, err := pg.Token(f.ctx, playground.SystemNamespace, controllerAccount, tokenExchange)
	if err != nil {
		f.t.Fatal(err)
	}
	files := map[string][]byte{"token": []byte(token), "trusted.pem": bytes.Join([][]byte{f.azure.Certificate(), f.entra.Certificate()}, nil)}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	return playground.ControllerOptions{
		Flags: append([]string{"-azure-requests-per-second=1000", "-azure-resource-manager-endpoint=" + f.azure.URL()}, flags...),
		Environment: append(aws.Environment(), "AZURE_TENANT_ID="+azuremsi.Tenant, "AZURE_CLIENT_ID="+f.ownClient,
			"AZURE_AUTHORITY_HOST="+f.entra.URL(), "AZURE_FEDERATED_TOKEN_FILE="+filepath.Join(folder, "token"),
			"SSL_CERT_FILE="+filepath.Join(folder, "trusted.pem")),
	}
}

// managed is a managed identity that Profiles may have.
type managed struct{ id, clientID string }

// managed makes an identity that nobody may use.
func (f *azureFixture) managed(name string) managed {
	id, clientID := f.azure.AddIdentity(name)
	return managed{id, clientID}
}

// recorded is how a Profile's status names the identity.
func (m managed) recorded() string {
	return strings.Replace(strings.ToLower(m.id), "/resourcegroups/identities/providers/microsoft.managedidentity/userassignedidentities/",
		"/resourceGroups/identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/", 1)
}

func (m managed) spec(more ...string) string {
	return fmt.Sprintf(`{"clientId":%q,"identityResourceId":%q%s}`, m.clientID, m.id, strings.Join(append([]string{""}, more...), ","))
}

// login tries to get a token of an identity with a real token of a service account, as the
// SDK in a pod would.
func (f *azureFixture) login(m managed, namespace, account string) error {
	f.t.Helper()
	token, err := pg.Token(f.ctx, namespace, account, tokenExchange)
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := azidentity.NewClientAssertionCredential(azuremsi.Tenant, m.clientID, func(context.Context) (string, error) { return token, nil },
		&azidentity.ClientAssertionCredentialOptions{DisableInstanceDiscovery: true, ClientOptions: policy.ClientOptions{
			Transport: f.entra.Client(), Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: f.entra.URL()}, Retry: policy.RetryOptions{MaxRetries: -1}}})
	if err != nil {
		f.t.Fatal(err)
	}
	_, err = c.GetToken(f.ctx, policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}})
	return err
}

// mustLogIn is about default-editor, for whom specs ask that name no accounts.
func (f *azureFixture) mustLogIn(m managed, namespace string) {
	f.t.Helper()
	if err := f.login(m, namespace, editor); err != nil {
		f.t.Errorf("%s of %s cannot be %s: %v", editor, namespace, m.id, err)
	}
}

func (f *azureFixture) mustNotLogIn(m managed, namespace, account string) {
	f.t.Helper()
	if err := f.login(m, namespace, account); err == nil || !strings.Contains(err.Error(), "AADSTS700213") {
		f.t.Errorf("%s of %s can be %s, or cannot for another reason: %v", account, namespace, m.id, err)
	}
}

// azureAnnotations are those that the webhook reads.
func (f *azureFixture) azureAnnotations(namespace, account string) map[string]string {
	f.t.Helper()
	found := map[string]string{}
	for key, value := range live(f.fixture, accountNamed(namespace, account)).Annotations {
		if name, ours := strings.CutPrefix(key, "azure.workload.identity/"); ours {
			found[name] = value
		}
	}
	return found
}
