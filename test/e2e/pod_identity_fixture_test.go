package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	// podIdentityKind is the plugin that these tests are about.
	podIdentityKind = "AwsPodIdentity"
	// eksCluster is the name of the control plane as EKS knows it.
	eksCluster = "playground"
	// podsPolicy is the trust policy of a role that EKS Pod Identity may hand out.
	podsPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
)

// podIdentity is a test's hold on the control plane and on an EKS of its own.
type podIdentity struct {
	*fixture
	eks *eks.Server
}

// startEKS starts the EKS of the account in which tests have their roles.
func startEKS(t *testing.T) *eks.Server {
	t.Helper()
	server, err := eks.Start(eks.Options{Account: aws})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close EKS: %v", err)
		}
	})
	server.AddCluster(eksCluster, clusterIssuer)
	server.AddCluster("other", "https://oidc.example.com/id/other")
	return server
}

// withPodIdentity begins a test with a controller that knows the cluster's name and may
// ask EKS as often as it likes.
func withPodIdentity(t *testing.T, flags ...string) *podIdentity {
	t.Helper()
	f := &podIdentity{newFixture(t), startEKS(t)}
	f.startWith(f.controllerOptions(append([]string{"-aws-eks-cluster=" + eksCluster}, flags...)...))
	f.leaveBeforeEKS()
	return f
}

// leaveBeforeEKS deletes the Profiles of these tests while their EKS is still there, so that the
// controllers of other tests do not ask one for them that is no more.
func (f *podIdentity) leaveBeforeEKS() {
	f.t.Cleanup(func() {
		var all profilev1.ProfileList
		if err := pg.Client.List(context.Background(), &all); err != nil {
			f.t.Error(err)
		}
		for i := range all.Items {
			if p := &all.Items[i]; strings.HasPrefix(p.Name, "pi-") {
				f.remove(p)
				f.awaitGone(p)
			}
		}
	})
}

func (f *podIdentity) controllerOptions(flags ...string) playground.ControllerOptions {
	return playground.ControllerOptions{
		Flags:       append([]string{"-aws-requests-per-second=1000", "-aws-eks-requests-per-second=1000"}, flags...),
		Environment: append(aws.Environment(), f.eks.Environment()...),
	}
}

// journey gives a journey the EKS besides the control plane.
func (f *podIdentity) journey(name string, run func(*podIdentity)) journey {
	return journey{name, func(part *fixture) { run(&podIdentity{part, f.eks}) }}
}

// podRole makes a role that pods may have, and returns its ARN.
func (f *podIdentity) podRole(name string) string { return f.role(name, podsPolicy) }

// PodIdentity adds the plugin with a role and, in JSON, more settings.
func (b *ProfileBuilder) PodIdentity(arn string, more ...string) *ProfileBuilder {
	return b.Plugin(podIdentityKind, podIdentitySpec(arn, more...))
}

func podIdentitySpec(arn string, more ...string) string {
	return fmt.Sprintf(`{"roleArn":%q%s}`, arn, strings.Join(append([]string{""}, more...), ","))
}

// associate replaces the plugins of a Profile by this one with the settings in JSON.
func (f *podIdentity) associate(profile string, settings ...string) {
	f.t.Helper()
	change(f.fixture, profileNamed(profile), func(p *profilev1.Profile) {
		p.Spec.Plugins = nil
		for _, s := range settings {
			p.Spec.Plugins = append(p.Spec.Plugins, profilev1.Plugin{Kind: podIdentityKind, Spec: &runtime.RawExtension{Raw: []byte(s)}})
		}
	})
}

// given is what pods of an account get: the role, and behind it the target role if any.
func (f *podIdentity) given(namespace, account string) string {
	a, _ := f.eks.Of(eksCluster, namespace, account)
	return strings.Join(slices.DeleteFunc([]string{a.Role, a.TargetRole}, func(s string) bool { return s == "" }), " > ")
}

func (f *podIdentity) mustBeGiven(namespace, account, want string) {
	f.t.Helper()
	mustEqual(f.t, "what EKS gives "+account+" of "+namespace, f.given(namespace, account), want)
}

// changesOf are the states that the associations of a namespace had.
func (f *podIdentity) changesOf(namespace string) []eks.Change {
	return slices.DeleteFunc(f.eks.Changes(), func(c eks.Change) bool { return c.Cluster != eksCluster || c.Namespace != namespace })
}

// mustNotAskEKS fails the test if EKS got any request since its counts were reset.
func (f *podIdentity) mustNotAskEKS() {
	f.t.Helper()
	if got := f.eks.Requests(); len(got) > 0 {
		f.t.Errorf("EKS got %v; want no request", got)
	}
}

// spoilEKS has EKS treat requests as the test says, until the test ends.
func (f *podIdentity) spoilEKS(how func(eks.Request) faults.Fault) {
	f.eks.Fault(how)
	f.t.Cleanup(func() { f.eks.Fault(nil) })
}

// annotateByHand gives an account the annotation by which IRSA gives it a role, or takes
// it away, as a person would.
func (f *podIdentity) annotateByHand(namespace, account, arn string) {
	f.t.Helper()
	change(f.fixture, accountNamed(namespace, account), func(a *corev1.ServiceAccount) {
		if arn == "" {
			delete(a.Annotations, roleAnnotation)
			return
		}
		a.Annotations = with(a.Annotations, roleAnnotation, arn)
	})
}
