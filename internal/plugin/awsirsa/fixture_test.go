package awsirsa

import (
	"context"
	"net/http"
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
	*plugintest.Driver
	t        *testing.T
	server   *iamsts.Server
	requests plugintest.Tally
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
	f := &fixture{t: t, server: server}
	host := plugintest.NewHost()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config := server.Config()
	config.HTTPClient = &http.Client{Transport: transport}
	o := Options{IAM: newIAM(config), Issuer: ourIssuer, Host: host, Log: logr.Discard(),
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

func ourIssuer(context.Context) (string, error) { return testIssuer, nil }

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
