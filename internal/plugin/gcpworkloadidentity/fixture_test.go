package gcpworkloadidentity

import (
	"net/http"
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
	*plugintest.Driver
	t        *testing.T
	server   *gcpiam.Server
	requests plugintest.Tally
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
	f := &fixture{t: t, server: server}
	host := plugintest.NewHost()
	o := Options{IAM: clientOf(t, server, server.Key().JSON()), Host: host, Log: logr.Discard(),
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
