package awsirsa

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

const (
	testIssuer = "https://oidc.example.com/id/ours"
	// foreignPolicy is that of a role that something else in AWS has.
	foreignPolicy = `{"Version": "2012-10-17", "Statement": [{"Sid": "Machines", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`
)

// shortTiming is that of the product a hundred times faster, except for what is believed:
// that lasts longer than any test.
func shortTiming() edits.Timing {
	return edits.Timing{Gather: 5 * time.Millisecond, GatherAtMost: time.Hour, Settle: 100 * time.Millisecond, Reread: 2 * time.Millisecond,
		Trust: time.Hour, Failure: time.Hour, Drift: 1000 * time.Hour, Backoff: time.Millisecond, LongestBackoff: 10 * time.Millisecond}
}

// fixture is an AWS account and a controller with the plugin.
type fixture struct {
	*Plugin
	t      *testing.T
	server *iamsts.Server
	host   *plugintest.Host
	// stop ends the controller.
	stop func()

	mu      sync.Mutex
	results map[string]int
}

func startAccount(t *testing.T, o iamsts.Options) *iamsts.Server {
	t.Helper()
	server, err := iamsts.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the account: %v", err)
		}
	})
	return server
}

func start(t *testing.T, options ...func(*Options)) *fixture {
	t.Helper()
	return startOn(t, startAccount(t, iamsts.Options{}), options...)
}

func startOn(t *testing.T, server *iamsts.Server, options ...func(*Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, server: server, host: plugintest.NewHost(), results: map[string]int{}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config := server.Config()
	config.HTTPClient = &http.Client{Transport: transport}
	o := Options{IAM: newIAM(config), Issuer: ourIssuer, Host: f.host, Log: logr.Discard(),
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

func ourIssuer(context.Context) (string, error) { return testIssuer, nil }

func (f *fixture) observe(operation, result string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results[operation+" "+result]++
}

// role makes a role with a policy and returns the binding of default-editor to it.
func (f *fixture) role(name, policy string) plugin.Binding {
	return bindingTo(f.server.AddRole(name, "/", policy, nil))
}

func bindingTo(role string) plugin.Binding {
	all, err := bindings(Spec{AwsIamRole: role, ServiceAccounts: []string{"default-editor"}}, testIssuer)
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

// together applies for many Profiles side by side and returns what each was told.
func (f *fixture) together(profiles []string, b plugin.Binding) []error {
	f.t.Helper()
	errs := make([]error, len(profiles))
	var group sync.WaitGroup
	for i, profile := range profiles {
		group.Go(func() { errs[i] = f.settle(profile, f.Apply, b) })
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

func (f *fixture) admits(role, profile string) bool {
	return f.server.Admits(role, testIssuer, trustpolicy.Subject(profile, "default-editor"), trustpolicy.DefaultAudience)
}

// wantRequests compares how often IAM was asked about a role.
func (f *fixture) wantRequests(role string, reads, writes int) {
	f.t.Helper()
	made := f.server.RequestsFor(role)
	if made["GetRole"] != reads || made["UpdateAssumeRolePolicy"] != writes {
		f.t.Errorf("IAM got %v about %s; want %d GetRole and %d UpdateAssumeRolePolicy", made, role, reads, writes)
	}
}

// wantRefusal fails unless the error is a refusal for the reason, and returns its message.
func wantRefusal(t *testing.T, err error, reason string) string {
	t.Helper()
	if err == nil || plugin.AsError(err).Kind != plugin.Refused || plugin.AsError(err).Reason != reason {
		t.Fatalf("got %v, want a refusal with the reason %s", err, reason)
	}
	return plugin.AsError(err).Message
}

// receive waits for news.
func receive(t *testing.T, news <-chan struct{}) {
	t.Helper()
	select {
	case <-news:
	case <-time.After(10 * time.Second):
		t.Fatal("what was waited for did not happen")
	}
}
