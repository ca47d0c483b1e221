package azureworkloadidentity

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
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
	t            *testing.T
	server       *azuremsi.Server
	id, clientID string
	host         *plugintest.Host
	// stop ends the controller.
	stop func()

	mu      sync.Mutex
	results map[string]int
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
	f := &fixture{t: t, server: server, id: id, clientID: clientID, host: plugintest.NewHost(), results: map[string]int{}}
	o := Options{API: clientOf(t, server, server.Credential()), Issuer: ourIssuer, Host: f.host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: shortTiming(), Observe: f.observe}
	for _, change := range options {
		change(&o)
	}
	var err error
	if f.Plugin, err = New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = f.Start(ctx) })
	f.stop = func() {
		cancel()
		group.Wait()
	}
	t.Cleanup(f.stop)
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

func (f *fixture) observe(operation, result string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results[operation+" "+result]++
}

// counted is how often Observe was told of a result.
func (f *fixture) counted(result string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.results[result]
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

// settle calls the plugin as the controller does until it is done or refuses.
func (f *fixture) settle(profile string, call func(context.Context, string, plugin.Binding) error, b plugin.Binding) error {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second)
	defer cancel()
	return f.host.Until(ctx, profile, func() error { return call(ctx, profile, b) })
}

func (f *fixture) apply(profile string, b plugin.Binding) {
	f.t.Helper()
	if err := f.settle(profile, f.Apply, b); err != nil {
		f.t.Fatalf("apply for %s: %v", profile, err)
	}
}

func (f *fixture) revoke(profile string, b plugin.Binding) {
	f.t.Helper()
	if err := f.settle(profile, f.Revoke, b); err != nil {
		f.t.Fatalf("revoke for %s: %v", profile, err)
	}
}

// together calls the plugin for many Profiles side by side and returns what each was told.
func (f *fixture) together(profiles []string, call func(context.Context, string, plugin.Binding) error, b plugin.Binding) []error {
	f.t.Helper()
	errs := make([]error, len(profiles))
	var group sync.WaitGroup
	for i, profile := range profiles {
		group.Go(func() { errs[i] = f.settle(profile, call, b) })
	}
	group.Wait()
	return errs
}

func profiles(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("team-%02d", i))
	}
	return names
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

// wantRefusal fails unless the error is a refusal for the reason whose message says all of
// it.
func wantRefusal(t *testing.T, err error, reason string, says ...string) {
	t.Helper()
	if err == nil || plugin.AsError(err).Kind != plugin.Refused || plugin.AsError(err).Reason != reason {
		t.Fatalf("got %v, want a refusal with the reason %s", err, reason)
	}
	for _, text := range says {
		if !strings.Contains(plugin.AsError(err).Message, text) {
			t.Errorf("the message is %q; want it to say %q", plugin.AsError(err).Message, text)
		}
	}
}

// receive waits for news.
func (f *fixture) receive(profile string) {
	f.t.Helper()
	select {
	case <-f.host.News(profile):
	case <-time.After(10 * time.Second):
		f.t.Fatalf("%s was not called", profile)
	}
}
