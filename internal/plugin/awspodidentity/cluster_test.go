package awspodidentity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

func unnamed(o *Options) { o.Cluster = "" }

// planned is the cluster that a plan names, and the error if there is none.
func (f *fixture) planned() (string, error) {
	planned, err := f.Plan(f.t.Context(), "alice", []byte(`{"roleArn":"`+aliceRole+`"}`))
	if err != nil {
		return "", err
	}
	w, err := wishOf("alice", planned[0])
	return w.cluster, err
}

func (f *fixture) wantPlanned(cluster string) {
	f.t.Helper()
	if got, err := f.planned(); err != nil || got != cluster {
		f.t.Errorf("the plan is for the cluster %q, %v; want %s", got, err, cluster)
	}
}

func TestAGivenNameIsNotLookedFor(t *testing.T) {
	f := start(t, func(o *Options) { o.Issuer = nil })
	f.wantPlanned(testCluster)
	f.wantRequests(noRequests)
}

func TestTheClusterIsFoundByItsIssuerOnce(t *testing.T) {
	f := start(t, unnamed)
	for i := range 120 {
		f.server.AddCluster(fmt.Sprintf("more-%03d", i), fmt.Sprintf("https://oidc.eks.example.com/id/%d", i))
	}
	for range 3 {
		f.wantPlanned(testCluster)
	}
	f.wantRequests(map[string]int{"ListClusters": 2, "DescribeCluster": 121})
}

func TestAClusterThatVanishesMeanwhileIsPassedOver(t *testing.T) {
	f := start(t, unnamed)
	f.server.AddCluster("gone", "https://oidc.eks.example.com/id/GONE")
	f.before("DescribeCluster", func(r eks.Request) {
		if r.Cluster == "gone" {
			f.server.RemoveCluster("gone")
		}
	})
	f.wantPlanned(testCluster)
}

func TestAClusterThatIsNotFoundIsTold(t *testing.T) {
	f := start(t, unnamed, func(o *Options) {
		o.Issuer = func(context.Context) (string, error) { return "https://kubernetes.default.svc", nil }
	})
	for range 3 {
		_, err := f.planned()
		message := plugintest.WantRefusal(t, err, profilev1.ReasonClusterNotFound)
		for _, words := range []string{"none of the 1 clusters", "https://kubernetes.default.svc", "-aws-eks-cluster"} {
			if !strings.Contains(message, words) {
				t.Errorf("the message %q does not say %q", message, words)
			}
		}
	}
	f.wantRequests(map[string]int{"ListClusters": 1, "DescribeCluster": 1})
	f.memory.timing.Failure = 0
	f.server.AddCluster("late", "https://kubernetes.default.svc")
	f.wantPlanned("late")
}

func TestADiscoveryThatFailsIsExplained(t *testing.T) {
	denied := func(action string) func(eks.Request) faults.Fault {
		return func(r eks.Request) faults.Fault {
			if r.Action == action {
				return eks.AccessDenied()
			}
			return faults.Fault{}
		}
	}
	tests := map[string]struct {
		fault  func(eks.Request) faults.Fault
		kind   plugin.ErrorKind
		reason string
		says   string
	}{
		"no listing":    {denied("ListClusters"), plugin.Refused, profilev1.ReasonPermissionMissing, "may not call eks:ListClusters for the discovery"},
		"no describing": {denied("DescribeCluster"), plugin.Refused, profilev1.ReasonPermissionMissing, "may not call eks:DescribeCluster for the discovery"},
		"throttled":     {func(eks.Request) faults.Fault { return eks.Throttle() }, plugin.Retry, profilev1.ReasonBinding, "asked too much"},
		"unreachable":   {func(eks.Request) faults.Fault { return faults.CutAfter() }, plugin.Retry, profilev1.ReasonRetrying, "could not be reached"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, unnamed)
			f.server.Fault(test.fault)
			_, err := f.planned()
			message := plugintest.WantError(t, err, test.kind, test.reason, test.says)
			if (test.kind == plugin.Refused) != strings.Contains(message, "-aws-eks-cluster") {
				t.Errorf("the message is %q; want a refusal, and nothing else, to name the flag", message)
			}
			f.server.Fault(nil)
			f.memory.timing.Failure = time.Duration(0)
			f.wantPlanned(testCluster)
		})
	}
}

// TestNobodyWaitsLongForSomebodyElsesDiscovery has many Profiles planned while EKS does not answer.
func TestNobodyWaitsLongForSomebodyElsesDiscovery(t *testing.T) {
	f := start(t, unnamed)
	asked, answer := make(chan struct{}), make(chan struct{})
	f.before("ListClusters", func(eks.Request) {
		close(asked)
		<-answer
	})
	first := make(chan error)
	go func() {
		_, err := f.planned()
		first <- err
	}()
	<-asked
	others := make([]error, 3)
	var group sync.WaitGroup
	for i := range others {
		group.Go(func() { _, others[i] = f.planned() })
	}
	group.Wait()
	for _, err := range others {
		plugintest.WantError(t, err, plugin.Retry, profilev1.ReasonBinding, "being found out")
	}
	soon := make(chan error)
	go func() {
		_, err := f.planned()
		soon <- err
	}()
	close(answer)
	for _, planned := range []chan error{first, soon} {
		if err := <-planned; err != nil {
			t.Error(err)
		}
	}
	f.wantPlanned(testCluster)
	f.wantRequests(map[string]int{"ListClusters": 1, "DescribeCluster": 1})
}

// TestAPassingFaultOfTheDiscoveryIsRememberedShortly has many Profiles planned after a fault.
func TestAPassingFaultOfTheDiscoveryIsRememberedShortly(t *testing.T) {
	f := start(t, unnamed)
	f.server.Fault(func(eks.Request) faults.Fault { return faults.CutAfter() })
	for range 3 {
		_, err := f.planned()
		plugintest.WantError(t, err, plugin.Retry, profilev1.ReasonRetrying, "could not be reached")
	}
	f.wantRequests(map[string]int{"ListClusters": 1})
	f.server.Fault(nil)
	f.cluster.failedAt = time.Now().Add(-passingFor)
	f.wantPlanned(testCluster)
}

func TestAnIssuerThatCannotBeReadIsAnError(t *testing.T) {
	broken := errors.New("boom")
	f := start(t, unnamed, func(o *Options) { o.Issuer = func(context.Context) (string, error) { return "", broken } })
	if _, err := f.planned(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	f.wantRequests(noRequests)
}

func TestTheClientIsMadeOutsideOfAWS(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
	f := start(t)
	found, err := NewEKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.client = found
	message := plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", editorOn(aliceRole, "")), profilev1.ReasonClusterNotFound)
	if !strings.Contains(message, "AWS_REGION") {
		t.Errorf("the message is %q", message)
	}
}

func TestTheDefaultChainFindsTheDouble(t *testing.T) {
	f := start(t)
	for _, variable := range append(f.account.Environment(), f.server.Environment()...) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
	found, err := NewEKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if endpoint := aws.ToString(found.Options().BaseEndpoint); endpoint != f.server.URL() {
		t.Errorf("the client talks to %q", endpoint)
	}
}
