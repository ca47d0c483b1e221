package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	// googleKind is the plugin that these tests are about.
	googleKind = "WorkloadIdentity"
	// googleAnnotation is read by GKE's metadata server.
	googleAnnotation = "iam.gke.io/gcp-service-account"
	// clusterProject is the project of the controller's key, and so of the cluster's pool.
	clusterProject = "kubeflow-prod"
)

// sharedPolicy is what others have put into a policy: a binding with a condition in the very
// role that is given to Profiles, an account of another cluster that has the name of one of
// ours, and a binding with a field that the types of Google's library do not have.
const sharedPolicy = `{"bindings":[` +
	`{"role":"roles/iam.serviceAccountAdmin","members":["user:ann@example.com"],"bindingId":"b-1"},` +
	`{"role":"roles/iam.workloadIdentityUser","members":["serviceAccount:elsewhere.svc.id.goog[sharer-a/default-editor]"]},` +
	`{"role":"roles/iam.workloadIdentityUser","members":["serviceAccount:kubeflow-prod.svc.id.goog[batch/nightly]"],"condition":{"expression":"request.time < timestamp('2030-01-01T00:00:00Z')","title":"until 2030"}}],` +
	`"auditConfigs":[{"service":"allServices"}]}`

// googleFixture is a test's hold on the control plane and on a Google IAM of its own.
type googleFixture struct {
	*fixture
	google *gcpiam.Server
	// key is the file with the controller's key.
	key string
}

// withGoogle begins a test with a controller that has the key of a Google service account.
func withGoogle(t *testing.T, flags ...string) *googleFixture {
	t.Helper()
	f := newGoogle(t)
	f.startWith(f.controllerOptions(flags...))
	return f
}

func newGoogle(t *testing.T) *googleFixture {
	t.Helper()
	google, err := gcpiam.Start(gcpiam.Options{Project: clusterProject})
	if err != nil {
		t.Fatal(err)
	}
	f := &googleFixture{fixture: newFixture(t), google: google, key: filepath.Join(t.TempDir(), "key.json")}
	t.Cleanup(func() {
		// No other test can use this controller, whose IAM ends with the test.
		f.stop()
		if err := google.Close(); err != nil {
			t.Errorf("close Google IAM: %v", err)
		}
	})
	f.use(google.Key())
	return f
}

// use gives the controller another key, which it looks at when it has none that is good.
func (f *googleFixture) use(key gcpiam.Key) {
	f.t.Helper()
	if err := os.WriteFile(f.key, key.JSON(), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// controllerOptions are those of a controller that may ask IAM as often as it likes, and at
// once: a double that shows changes at once makes nobody wait.
func (f *googleFixture) controllerOptions(flags ...string) playground.ControllerOptions {
	return playground.ControllerOptions{
		Flags: append([]string{"-gcp-iam-endpoint=" + f.google.URL(), "-gcp-requests-per-second=1000", "-gcp-start-delay=0s",
			"-gcp-consistency-delay=100ms"}, flags...),
		Environment: append(aws.Environment(), "GOOGLE_APPLICATION_CREDENTIALS="+f.key),
	}
}

// journey is one that needs nothing but this controller at work.
func (f *googleFixture) journey(name string, run func(*googleFixture)) journey {
	return journey{name, func(part *fixture) { run(&googleFixture{fixture: part, google: f.google, key: f.key}) }}
}

// account makes a Google service account and returns its e-mail address.
func (f *googleFixture) account(name, policy string) string {
	f.t.Helper()
	email := name + "@research.iam.gserviceaccount.com"
	if err := f.google.AddServiceAccount(email, policy); err != nil {
		f.t.Fatal(err)
	}
	return email
}

// Google adds the plugin with a Google service account and, in JSON, more settings.
func (b *ProfileBuilder) Google(email string, more ...string) *ProfileBuilder {
	return b.Plugin(googleKind, googleSpec(email, more...))
}

func googleSpec(email string, more ...string) string {
	return fmt.Sprintf(`{"gcpServiceAccount":%q%s}`, email, strings.Join(append([]string{""}, more...), ","))
}

// give replaces the plugins of a Profile by one of Google with these settings in JSON, or by
// none.
func (f *googleFixture) give(profile string, settings ...string) {
	f.t.Helper()
	plugins := MakeProfile(profile)
	for _, s := range settings {
		plugins.Plugin(googleKind, s)
	}
	p := f.profile(profile)
	p.Spec.Plugins = plugins.Obj().Spec.Plugins
	if err := pg.Client.Update(f.ctx, p); err != nil {
		f.t.Fatal(err)
	}
}

// mayUse tells whether an account of the cluster may use a Google service account.
func (f *googleFixture) mayUse(email, namespace, account string) bool {
	return gcpiam.Admits(f.google.Policy(email), clusterProject, namespace, account)
}

func (f *googleFixture) mustUse(email, namespace, account string) {
	f.t.Helper()
	if !f.mayUse(email, namespace, account) {
		f.t.Errorf("%s of %s may not use %s: %s", account, namespace, email, f.google.Policy(email))
	}
}

func (f *googleFixture) mustNotUse(email, namespace, account string) {
	f.t.Helper()
	if f.mayUse(email, namespace, account) {
		f.t.Errorf("%s of %s may use %s: %s", account, namespace, email, f.google.Policy(email))
	}
}

// mustPoint fails the test unless the account's annotation names a Google service account, or
// is not there when that is empty.
func (f *googleFixture) mustPoint(namespace, account, email string) {
	f.t.Helper()
	mustEqual(f.t, "annotation of "+namespace+"/"+account, live(f.fixture, accountNamed(namespace, account)).Annotations[googleAnnotation], email)
}

// mustBeAsBefore fails the test unless the policy is the one that its account was made with.
func (f *googleFixture) mustBeAsBefore(email string) {
	f.t.Helper()
	mustEqual(f.t, "policy of "+email, f.google.Policy(email), f.google.History(email)[0].Policy)
}

// leave deletes Profiles and waits until they are gone, so that the controllers of other
// tests do not find Profiles whose Google IAM is no more.
func (f *googleFixture) leave(profiles ...string) {
	f.t.Helper()
	for _, p := range profiles {
		f.remove(profileNamed(p))
	}
	for _, p := range profiles {
		f.awaitGone(profileNamed(p))
	}
}

// since is when a policy first let an account in, or no longer did.
func (f *googleFixture) since(email, namespace string, in bool) time.Time {
	f.t.Helper()
	for _, v := range f.google.History(email)[1:] {
		if gcpiam.Admits(v.Policy, clusterProject, namespace, editor) == in {
			return v.At
		}
	}
	f.t.Fatalf("%s never came to %t for %s", email, in, namespace)
	return time.Time{}
}
