package gcpworkloadidentity

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

const (
	// ownProject is that of the controller's key.
	ownProject = "kubeflow-prod"
	team       = "team@research.iam.gserviceaccount.com"
	// foreignPolicy has what others may have put into a policy, some of it in the very role
	// that we give: a binding with a condition, members of another cluster, and a field that
	// Google's library has no type for.
	foreignPolicy = `{"bindings":[` +
		`{"role":"roles/iam.serviceAccountAdmin","members":["user:ann@example.com"],"bindingId":"b-1"},` +
		`{"role":"roles/iam.workloadIdentityUser","members":["serviceAccount:elsewhere.svc.id.goog[alice/default-editor]"]},` +
		`{"role":"roles/iam.workloadIdentityUser","members":["serviceAccount:kubeflow-prod.svc.id.goog[batch/nightly]"],"condition":{"expression":"request.time < timestamp('2030-01-01T00:00:00Z') && true","title":"until 2030"}}],` +
		`"auditConfigs":[{"service":"allServices","auditLogConfigs":[{"logType":"DATA_READ","exemptedMembers":["user:bot@example.com"]}]}]}`
)

// shortTiming is that of the product a hundred times faster, except for what is believed:
// that lasts longer than any test.
func shortTiming() edits.Timing {
	return edits.Timing{Gather: 5 * time.Millisecond, GatherAtMost: time.Hour, Settle: 100 * time.Millisecond, Reread: 2 * time.Millisecond,
		Trust: time.Hour, Failure: time.Hour, Drift: 1000 * time.Hour, Backoff: time.Millisecond, LongestBackoff: 10 * time.Millisecond}
}

// fixture is Google IAM and a controller with the plugin.
type fixture struct {
	*Plugin
	t      *testing.T
	server *gcpiam.Server
	host   *plugintest.Host
	// stop ends the controller.
	stop func()

	mu      sync.Mutex
	results map[string]int
}

func startIAM(t *testing.T, o gcpiam.Options) *gcpiam.Server {
	t.Helper()
	server, err := gcpiam.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close IAM: %v", err)
		}
	})
	return server
}

func start(t *testing.T, options ...func(*Options)) *fixture {
	t.Helper()
	return startOn(t, startIAM(t, gcpiam.Options{}), options...)
}

func startOn(t *testing.T, server *gcpiam.Server, options ...func(*Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, server: server, host: plugintest.NewHost(), results: map[string]int{}}
	o := Options{IAM: clientOf(t, server, server.Key().JSON()), Host: f.host, Log: logr.Discard(),
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

// clientOf is a client with a key, whose connections end with the test.
func clientOf(t *testing.T, server *gcpiam.Server, key []byte) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return clientThrough(server, key, transport)
}

// clientThrough is a client that sends all it has to say through a transport.
func clientThrough(server *gcpiam.Server, key []byte, transport http.RoundTripper) *Client {
	return &Client{endpoint: server.URL(), http: http.Client{Transport: transport}, detect: func() (*auth.Credentials, error) {
		return credentials.NewCredentialsFromJSON(credentials.ServiceAccount, key,
			&credentials.DetectOptions{Scopes: []string{cloudPlatform}, Client: &http.Client{Transport: transport}})
	}}
}

func (f *fixture) observe(operation, result string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results[operation+" "+result]++
}

// account makes the Google service account team with a policy and returns the binding of
// default-editor to it.
func (f *fixture) account(policy string) plugin.Binding {
	f.t.Helper()
	addTeam(f.t, f.server, policy)
	return editorOn(team)
}

func addTeam(t *testing.T, server *gcpiam.Server, policy string) {
	t.Helper()
	if err := server.AddServiceAccount(team, policy); err != nil {
		t.Fatal(err)
	}
}

func editorOn(email string) plugin.Binding { return inPool(email, ownProject) }

func inPool(email, poolProject string) plugin.Binding {
	all, err := bindings(Spec{GcpServiceAccount: email, ServiceAccounts: []string{"default-editor"}}, poolProject)
	if err != nil {
		panic(err)
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

// together applies for many Profiles that ask before anything is sent, and returns what
// each was told in the end.
func (f *fixture) together(profiles []string, b plugin.Binding) []error {
	f.t.Helper()
	f.inLine(profiles, b)
	errs := make([]error, len(profiles))
	var group sync.WaitGroup
	for i, profile := range profiles {
		group.Go(func() { errs[i] = f.settle(profile, f.Apply, b) })
	}
	group.Wait()
	return errs
}

// inLine has Profiles ask, while the controller says that there are more to come.
func (f *fixture) inLine(profiles []string, b plugin.Binding) {
	f.t.Helper()
	f.host.SetBacklog(1)
	defer f.host.SetBacklog(0)
	for _, profile := range profiles {
		if err := f.Apply(f.t.Context(), profile, b); err == nil || plugin.AsError(err).Kind != plugin.Waiting {
			f.t.Fatalf("the first call for %s is answered with %v; want to be told to wait", profile, err)
		}
	}
}

func profiles(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("team-%02d", i))
	}
	return names
}

// admits tells whether a Profile's default-editor may use team.
func (f *fixture) admits(profile string) bool {
	return gcpiam.Admits(f.server.Policy(team), ownProject, profile, "default-editor")
}

// wantRequests compares how often IAM was asked about an account.
func (f *fixture) wantRequests(email string, reads, writes int) {
	f.t.Helper()
	made := f.server.RequestsFor(email)
	if made["getIamPolicy"] != reads || made["setIamPolicy"] != writes {
		f.t.Errorf("IAM got %v about %s; want %d getIamPolicy and %d setIamPolicy", made, email, reads, writes)
	}
}

// failOnce has the next request of a kind go wrong.
func (f *fixture) failOnce(method string, fault faults.Fault) {
	done := false
	f.server.Fault(func(r gcpiam.Request) faults.Fault {
		if r.Method != method || done {
			return faults.Fault{}
		}
		done = true
		return fault
	})
}

// wantRefusal fails unless the error is a refusal for the reason, and returns its message.
func wantRefusal(t *testing.T, err error, reason string) string {
	t.Helper()
	if err == nil || plugin.AsError(err).Kind != plugin.Refused || plugin.AsError(err).Reason != reason {
		t.Fatalf("got %v, want a refusal with the reason %s", err, reason)
	}
	return plugin.AsError(err).Message
}
