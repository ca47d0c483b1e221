package profile

import (
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"go.uber.org/goleak"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// meshStage is a Mesh whose cluster is played by the test: what it does on a real one is
// tried in test/e2e; here it is about the order of events and about leaving nothing
// behind.
type meshStage struct {
	mesh   *Mesh
	crds   *controllertest.FakeInformer
	queue  workqueue.TypedRateLimitingInterface[reconcile.Request]
	opened chan struct{}
}

func newMeshStage(t *testing.T) *meshStage {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apiextensionsv1.AddToScheme, istiov1beta1.AddToScheme, profilev1.AddToScheme} {
		utilruntime.Must(add(scheme))
	}
	informers := &informertest.FakeInformers{Scheme: scheme}
	crds, err := informers.FakeInformerFor(context.Background(), &apiextensionsv1.CustomResourceDefinition{})
	if err != nil {
		t.Fatal(err)
	}
	s := &meshStage{crds: crds, opened: make(chan struct{}, 16),
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())}
	t.Cleanup(s.queue.ShutDown)
	profiles := fake.NewClientBuilder().WithScheme(scheme).WithObjects(testProfile("team")).Build()
	s.mesh = newMesh(informers, profiles, func() (cache.Cache, client.Client, error) {
		s.opened <- struct{}{}
		return &informertest.FakeInformers{Scheme: scheme}, profiles, nil
	}, logr.Discard())
	return s
}

func policyKind(served, established bool) *apiextensionsv1.CustomResourceDefinition {
	status := apiextensionsv1.ConditionFalse
	if established {
		status = apiextensionsv1.ConditionTrue
	}
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: authorizationPolicyCRD},
		Spec:       apiextensionsv1.CustomResourceDefinitionSpec{Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1beta1", Served: served}}},
		Status:     apiextensionsv1.CustomResourceDefinitionStatus{Conditions: []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: status}}},
	}
}

// next returns the Profile that is looked at next.
func (s *meshStage) next(t *testing.T) string {
	t.Helper()
	got := make(chan string, 1)
	go func() {
		request, _ := s.queue.Get()
		s.queue.Done(request)
		got <- request.Name
	}()
	select {
	case name := <-got:
		return name
	case <-time.After(10 * time.Second):
		t.Fatal("no Profile is looked at again")
		return ""
	}
}

func (s *meshStage) wantServed(t *testing.T, want bool) {
	t.Helper()
	if _, served := s.mesh.client(); served != want {
		t.Fatalf("policies can be written: %v, want %v", served, want)
	}
}

func TestMeshFollowsTheKindAsItComesAndGoes(t *testing.T) {
	s := newMeshStage(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := s.mesh.Start(ctx, s.queue); err != nil {
		t.Fatal(err)
	}
	if err := s.mesh.WaitForSync(ctx); err != nil {
		t.Fatal(err)
	}
	s.wantServed(t, false)

	kind := policyKind(true, true)
	s.crds.Add(kind)
	if got := s.next(t); got != "team" {
		t.Errorf("the Profile looked at is %q", got)
	}
	s.wantServed(t, true)

	s.crds.Delete(kind)
	s.next(t)
	s.wantServed(t, false)

	s.crds.Add(kind)
	s.next(t)
	s.wantServed(t, true)
	if len(s.opened) != 2 {
		t.Errorf("%d caches were opened for a kind that came twice", len(s.opened))
	}
}

func TestServesPolicies(t *testing.T) {
	other := policyKind(true, true)
	other.Name = "peerauthentications.security.istio.io"
	tests := map[string]struct {
		object any
		want   bool
	}{
		"established and served": {policyKind(true, true), true},
		"not established yet":    {policyKind(true, false), false},
		"version not served":     {policyKind(false, true), false},
		"another kind":           {other, false},
		"no definition":          {testProfile("x"), false},
	}
	for name, test := range tests {
		if got := servesPolicies(test.object); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestWaitForSyncEndsWithItsContext(t *testing.T) {
	s := newMeshStage(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.mesh.WaitForSync(ctx); err == nil {
		t.Error("a Mesh that was never started is called in sync")
	}
}
