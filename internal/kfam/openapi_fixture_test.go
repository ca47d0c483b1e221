package kfam_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/kfam"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// installation is the state that an API is in. The zero value is the usual one: ann owns the
// Profile ann, and ben may edit there.
type installation struct {
	// mesh means that the user header is believed from no one, since no sidecar is there.
	mesh bool
	// synced stands in for the Index's own answer.
	synced func() bool
	// stopping means that the process has been asked to stop.
	stopping bool
	// fault is what the API server answers to everything.
	fault error
	// brokenMetrics cannot be gathered.
	brokenMetrics bool
}

// api is a running API and a client of it.
type api struct {
	server *kfam.Server
	url    string
	client http.Client
}

func newAPI(t *testing.T, i installation) *api {
	t.Helper()
	callers, err := caller.New(caller.Options{UserIDHeader: "kubeflow-userid", TrustUserHeader: !i.mesh})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	if i.brokenMetrics {
		registry.MustRegister(brokenCollector{})
	}
	index, cluster := annsCluster(i.fault)
	a := &api{}
	a.server = kfam.New(kfam.Options{
		Callers: callers, TrustAnonymous: !i.mesh, Admins: []string{admin}, Index: index,
		Keeper:    access.NewKeeper(access.KeeperOptions{Client: cluster, Index: index, Mesh: true, Log: logr.Discard()}),
		Registrar: &access.Registrar{Client: cluster, Index: index},
		Synced:    func() bool { return i.synced == nil || i.synced() },
		Stopping:  func() bool { return i.stopping },
		Metrics:   kfam.NewMetrics(registry, index), Log: logr.Discard(),
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config = a.server.HTTP()
	server.Start()
	t.Cleanup(server.Close)
	a.url, a.client = server.URL, http.Client{Transport: server.Client().Transport}
	return a
}

// annsCluster returns a cluster that answers every request with fault if there is one, and
// an Index that knows what is in it.
func annsCluster(fault error) (*access.Index, client.Client) {
	p, namespace := ownedRoom("ann", ann)
	own := contributor.RoleBinding(contributor.Contributor{Namespace: "ann", Kind: rbacv1.UserKind, Name: ann, Role: tenancy.RoleAdmin})
	own.Name = tenancy.OwnerRoleBinding
	bens := contributor.RoleBinding(contributor.Contributor{Namespace: "ann", Kind: rbacv1.UserKind, Name: ben, Role: tenancy.RoleEdit})
	index := access.NewIndex(access.Names{})
	index.PutProfile(p)
	index.PutNamespace(namespace)
	for _, b := range []*rbacv1.RoleBinding{own, bens} {
		_ = index.PutBinding(b)
	}
	builder := fake.NewClientBuilder().WithScheme(playground.Scheme()).WithObjects(p, namespace, own, bens)
	if fault != nil {
		builder = builder.WithInterceptorFuncs(failing(fault))
	}
	return index, builder.Build()
}

// ownedRoom returns a Profile and the namespace that it owns.
func ownedRoom(name, owner string) (*profilev1.Profile, *corev1.Namespace) {
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name)}}
	p.Spec.Owner = rbacv1.Subject{Kind: rbacv1.UserKind, Name: owner}
	return p, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{
		{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: name, UID: p.UID}}}}
}

// failing answers what an API sends with a fault.
func failing(fault error) interceptor.Funcs {
	return interceptor.Funcs{
		List:   func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return fault },
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return fault },
		Delete: func(context.Context, client.WithWatch, client.Object, ...client.DeleteOption) error { return fault },
	}
}

// brokenCollector is a metric that cannot be had.
type brokenCollector struct{}

var brokenDesc = prometheus.NewDesc("broken", "Cannot be had.", nil, nil)

func (brokenCollector) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- brokenDesc }

func (brokenCollector) Collect(metrics chan<- prometheus.Metric) {
	metrics <- prometheus.NewInvalidMetric(brokenDesc, errors.New("broken"))
}

// call sends a request as a user, or with what begins with Bearer as the credential, and
// returns the answer's status and body.
func (a *api) call(t *testing.T, e exchange) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), e.method, a.url+e.path, strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(e.as, "Bearer "):
		request.Header.Set("Authorization", e.as)
	case e.as != "":
		request.Header.Set("Kubeflow-Userid", e.as)
	}
	response, err := a.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// must fails the test unless the answer has the exchange's status.
func (a *api) must(t *testing.T, e exchange) {
	t.Helper()
	if status, body := a.call(t, e); status != e.status {
		t.Errorf("%s %s as %.20q with %q: the answer is %d %q, want %d", e.method, e.path, e.as, e.body, status, body, e.status)
	}
}
