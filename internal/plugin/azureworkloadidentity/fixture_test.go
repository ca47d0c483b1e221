package azureworkloadidentity

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
)

const (
	testIssuer = "https://oidc.example.com/id/ours/"
	someUUID   = "99999999-9999-9999-9999-999999999999"
)

func ourIssuer(context.Context) (string, error) { return testIssuer, nil }

// shortTiming is that of the product a thousand times faster, except for what is believed:
// that lasts longer than any test.
func shortTiming() Timing {
	return Timing{Settle: time.Hour, Trust: time.Hour, Drift: 1000 * time.Hour, Backoff: time.Millisecond, LongestBackoff: 10 * time.Millisecond}
}

// fixture is a subscription of Azure with one identity, and a controller with the plugin.
type fixture struct {
	*Plugin
	*plugintest.Driver
	t            *testing.T
	server       *azuremsi.Server
	id, clientID string
	requests     plugintest.Tally
}

func startAzure(t *testing.T) *azuremsi.Server {
	t.Helper()
	server := azuremsi.Start(azuremsi.Options{})
	t.Cleanup(server.Close)
	return server
}

func start(t *testing.T, options ...func(*Options)) *fixture {
	t.Helper()
	server := startAzure(t)
	id, clientID := server.AddIdentity("Alice")
	return startOn(t, server, id, clientID, options...)
}

func startOn(t *testing.T, server *azuremsi.Server, id, clientID string, options ...func(*Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, server: server, id: id, clientID: clientID}
	host := plugintest.NewHost()
	o := Options{API: clientOf(t, server, server.Credential()), Issuer: ourIssuer, Host: host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: shortTiming(), Observe: f.requests.Observe}
	for _, change := range options {
		change(&o)
	}
	var err error
	if f.Plugin, err = New(o); err != nil {
		t.Fatal(err)
	}
	f.Driver = plugintest.Drive(t, f.Plugin, host)
	return f
}

// clientOf is the real SDK with connections that end with the test.
func clientOf(t *testing.T, server *azuremsi.Server, who azcore.TokenCredential) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o := server.ClientOptions()
	o.Transport = &http.Client{Transport: transport}
	// What is sent once and what is registered is for the client itself to decide.
	o.Retry, o.DisableRPRegistration = policy.RetryOptions{}, false
	return newClient(who, *o)
}

// binding is what a spec for default-editor asks for.
func (f *fixture) binding() plugin.Binding {
	f.t.Helper()
	return f.planned(fmt.Sprintf(`{"clientId":%q,"identityResourceId":%q}`, f.clientID, f.id))
}

// planned is the one binding that a spec asks for.
func (f *fixture) planned(spec string) plugin.Binding {
	f.t.Helper()
	all, err := f.Plan(f.t.Context(), "alice", []byte(spec))
	if err != nil || len(all) != 1 {
		f.t.Fatalf("planned %v, %v", all, err)
	}
	return all[0]
}

func (f *fixture) admits(profile string) bool {
	return azuremsi.Admits(f.server.Credentials(f.id), testIssuer, "system:serviceaccount:"+profile+":default-editor", DefaultAudience)
}

// wantRequests compares how often Azure was asked about the identity.
func (f *fixture) wantRequests(reads, writes, deletes int) {
	f.t.Helper()
	made := f.server.Requests(f.id)
	if made["GetIdentity"] != reads || made["ListCredentials"] != reads || made["CreateOrUpdateCredential"] != writes || made["DeleteCredential"] != deletes {
		f.t.Errorf("Azure got %v; want %d GetIdentity and ListCredentials, %d CreateOrUpdateCredential, %d DeleteCredential", made, reads, writes, deletes)
	}
}
