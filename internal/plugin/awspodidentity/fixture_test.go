package awspodidentity

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

const (
	testCluster = "prod"
	testIssuer  = "https://oidc.eks.example.com/id/PROD"
	// podsPolicy is the trust policy of a role that EKS Pod Identity may hand out.
	podsPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	// machinesPolicy is that of a role for something else.
	machinesPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

func startCloud(t *testing.T, o eks.Options) (*iamsts.Server, *eks.Server) {
	t.Helper()
	account, err := iamsts.Start(iamsts.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Account = account
	server, err := eks.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), account.Close()); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	return account, server
}

// fixture is an AWS account with a cluster, and a controller with the plugin.
type fixture struct {
	*Plugin
	*plugintest.Driver
	t        *testing.T
	account  *iamsts.Server
	server   *eks.Server
	requests plugintest.Tally

	mu          sync.Mutex
	annotations map[string]map[string]string
}

func start(t *testing.T, options ...func(*Options)) *fixture {
	t.Helper()
	account, server := startCloud(t, eks.Options{})
	server.AddCluster(testCluster, testIssuer)
	return startOn(t, account, server, options...)
}

// startOn starts a controller that believes nothing for long, so that tests need not wait.
func startOn(t *testing.T, account *iamsts.Server, server *eks.Server, options ...func(*Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, account: account, server: server, annotations: map[string]map[string]string{}}
	host := plugintest.NewHost()
	o := Options{EKS: client(t, server.Config()), Cluster: testCluster, Issuer: ourIssuer, Annotations: f.annotationsOf, Host: host, Log: logr.Discard(),
		Observe: f.requests.Observe, RequestsPerSecond: 10000, Timing: Timing{Drift: 1000 * time.Hour, Failure: time.Hour}}
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

// client is one of the real SDK whose connections end with the test.
func client(t *testing.T, config aws.Config) EKS {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config.HTTPClient = &http.Client{Transport: transport}
	return newEKS(config)
}

func ourIssuer(context.Context) (string, error) { return testIssuer, nil }

func (f *fixture) annotationsOf(_ context.Context, namespace, account string) (map[string]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.annotations[namespace+"/"+account]), nil
}

// annotate gives default-editor of a Profile an annotation, or takes it away.
func (f *fixture) annotate(profile, role string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.annotations[profile+"/default-editor"] = map[string]string{AnnotationRole: role}
}

// role makes a role that pods may have, and returns its ARN.
func (f *fixture) role(name string) string { return f.account.AddRole(name, "/", podsPolicy, nil) }

// editorOn is the binding of default-editor to a role, perhaps through another.
func editorOn(role, target string) plugin.Binding {
	all, err := bindings(Spec{RoleArn: role, TargetRoleArn: target, ServiceAccounts: []string{"default-editor"}}, testCluster)
	if err != nil {
		panic(err)
	}
	return all[0]
}

// check calls Check and returns when it wants to be called again.
func (f *fixture) check(profile string, b plugin.Binding) time.Duration {
	f.t.Helper()
	again, err := f.Check(f.t.Context(), profile, b)
	if err != nil {
		f.t.Fatalf("check for %s: %v", profile, err)
	}
	return again
}

// association is that of default-editor of a Profile.
func (f *fixture) association(profile string) eks.Association {
	f.t.Helper()
	a, ok := f.server.Of(testCluster, profile, "default-editor")
	if !ok {
		f.t.Fatalf("%s has no association", profile)
	}
	return a
}

func (f *fixture) wantNone(profile string) {
	f.t.Helper()
	if a, ok := f.server.Of(testCluster, profile, "default-editor"); ok {
		f.t.Errorf("%s has the association %+v, want none", profile, a)
	}
}

// wantRoles fails unless the association gives just these roles.
func (f *fixture) wantRoles(profile, role, target string) {
	f.t.Helper()
	if a := f.association(profile); a.Role != role || a.TargetRole != target {
		f.t.Errorf("%s has %s and %s, want %s and %s", profile, a.Role, a.TargetRole, role, target)
	}
}

// wantRequests compares all requests since the last time.
func (f *fixture) wantRequests(want map[string]int) {
	f.t.Helper()
	if got := f.server.Requests(); !maps.Equal(got, want) {
		f.t.Errorf("EKS got %v, want %v", got, want)
	}
	f.server.ResetRequests()
}

// overdue has the association looked at next time.
func (f *fixture) overdue(profile string) {
	k := f.memory.of(account{testCluster, profile, "default-editor"})
	k.Lock()
	defer k.Unlock()
	k.due, k.writtenAt = time.Time{}, time.Time{}
}

// stale has EKS show what was before the last change, or not.
func (f *fixture) stale(yes bool) {
	if !yes {
		f.server.Fault(nil)
		return
	}
	f.server.Fault(func(eks.Request) faults.Fault { return faults.Stale() })
}
