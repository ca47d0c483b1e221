package access

import (
	"context"
	"errors"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/go-logr/logr/testr"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// cluster is one test's hold on the shared control plane, with an Index that follows it and
// a Keeper, both under an account that has the rights and no others.
type cluster struct {
	t      *testing.T
	ctx    context.Context
	index  *Index
	client client.WithWatch
	keeper *Keeper
}

func clusterFor(t *testing.T) *cluster {
	t.Helper()
	if err := startControlPlane(); err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, ctx: t.Context(), index: NewIndex(Names{})}
	config, err := pg.ServiceAccountConfig(c.ctx, "default", "access")
	if err != nil {
		t.Fatal(err)
	}
	if c.client, err = client.NewWithWatch(config, client.Options{Scheme: playground.Scheme()}); err != nil {
		t.Fatal(err)
	}
	c.follow(config)
	c.keeper = c.newKeeper(testSettings(), c.client)
	return c
}

// follow has the Index follow the cluster until the test ends.
func (c *cluster) follow(config *rest.Config) {
	c.t.Helper()
	options := CacheOptions()
	options.Scheme = playground.Scheme()
	informers, err := cache.New(config, options)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(c.ctx))
	ended := make(chan struct{})
	synced, err := c.index.Follow(ctx, informers)
	if err != nil {
		c.t.Fatal(err)
	}
	go func() {
		defer close(ended)
		if err := informers.Start(ctx); err != nil {
			c.t.Error(err)
		}
	}()
	c.t.Cleanup(func() { stop(); <-ended })
	c.eventually("the Index knows what there is", synced)
}

func testSettings() contributor.Settings {
	return contributor.Settings{
		UserIDHeader: "kubeflow-userid", GroupsClaim: "groups",
		IngressGatewayPrincipal: "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
		KFPUIPrincipal:          "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
	}
}

func (c *cluster) newKeeper(settings contributor.Settings, with client.Client) *Keeper {
	return NewKeeper(KeeperOptions{Client: with, Index: c.index, Settings: settings, Mesh: true, Log: testr.New(c.t)})
}

// faulty returns a Keeper whose requests go through the given functions.
func (c *cluster) faulty(faults interceptor.Funcs) *Keeper {
	return c.newKeeper(testSettings(), interceptor.NewClient(c.client, faults))
}

func (c *cluster) eventually(what string, so func() bool) {
	c.t.Helper()
	err := wait.PollUntilContextTimeout(c.ctx, 10*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) { return so(), nil })
	if err != nil {
		c.t.Fatalf("%s: not so within 30 s", what)
	}
}

func (c *cluster) create(objects ...client.Object) {
	c.t.Helper()
	for _, o := range objects {
		if err := pg.Client.Create(c.ctx, o); err != nil {
			c.t.Fatal(err)
		}
	}
}

// room makes a Profile of alice's with its namespace, as the controller would.
func (c *cluster) room(name string) {
	c.t.Helper()
	p := profileOf(name, "", user("alice@example.com"))
	c.create(p)
	c.create(namespaceOf(name, string(p.UID)), ownerBinding(name, p.Spec.Owner))
	c.tidy(name, p)
	c.eventually("the Index knows "+name, func() bool { return len(c.index.List(Query{Namespace: name})) == 1 })
}

// bindings returns the contributors' RoleBindings of a namespace, by name.
func (c *cluster) bindings(namespace string) map[string]*rbacv1.RoleBinding {
	c.t.Helper()
	var list rbacv1.RoleBindingList
	if err := pg.Client.List(c.ctx, &list, client.InNamespace(namespace)); err != nil {
		c.t.Fatal(err)
	}
	found := map[string]*rbacv1.RoleBinding{}
	for i := range list.Items {
		if list.Items[i].Name != tenancy.OwnerRoleBinding {
			found[list.Items[i].Name] = &list.Items[i]
		}
	}
	return found
}

// policies returns the AuthorizationPolicies of a namespace, by name.
func (c *cluster) policies(namespace string) map[string]*istiov1beta1.AuthorizationPolicy {
	c.t.Helper()
	var list istiov1beta1.AuthorizationPolicyList
	if err := pg.Client.List(c.ctx, &list, client.InNamespace(namespace)); err != nil {
		c.t.Fatal(err)
	}
	found := map[string]*istiov1beta1.AuthorizationPolicy{}
	for _, policy := range list.Items {
		found[policy.Name] = policy
	}
	return found
}

// mustHave fails the test unless the namespace has just these contributors' objects, one
// RoleBinding and one policy of each name.
func (c *cluster) mustHave(namespace string, names ...string) {
	c.t.Helper()
	bindings, policies := c.bindings(namespace), c.policies(namespace)
	for _, name := range names {
		if bindings[name] == nil || policies[name] == nil {
			c.t.Errorf("%s: RoleBinding there: %v, policy there: %v; want both", name, bindings[name] != nil, policies[name] != nil)
		}
	}
	if len(bindings) != len(names) || len(policies) != len(names) {
		c.t.Errorf("%s has %d RoleBindings and %d policies, want %d of each", namespace, len(bindings), len(policies), len(names))
	}
}

// grant grants and wants the answer whether anything was done.
func (c *cluster) grant(guest contributor.Contributor, change bool) {
	c.t.Helper()
	if changed, err := c.keeper.Grant(c.ctx, guest); err != nil || changed != change {
		c.t.Fatalf("Grant = %v, %v; want %v", changed, err, change)
	}
}

// revoke revokes and wants the answer whether anything was done.
func (c *cluster) revoke(guest contributor.Contributor, change bool) {
	c.t.Helper()
	if changed, err := c.keeper.Revoke(c.ctx, guest); err != nil || changed != change {
		c.t.Fatalf("Revoke = %v, %v; want %v", changed, err, change)
	}
}

// sweep does one round with the cluster's own Keeper, once the Index has caught up.
func (c *cluster) sweep(k *Keeper, namespace string) SweepReport {
	c.t.Helper()
	c.eventually("the Index has caught up", func() bool { return c.caughtUp(namespace) })
	report, err := k.Sweep(c.ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	return report
}

func (c *cluster) caughtUp(namespace string) bool {
	fresh := NewIndex(c.index.names)
	var list rbacv1.RoleBindingList
	if err := pg.Client.List(c.ctx, &list, client.InNamespace(namespace)); err != nil {
		c.t.Fatal(err)
	}
	for i := range list.Items {
		_ = fresh.PutBinding(&list.Items[i])
	}
	has, want := c.index.Room(namespace).Bindings, fresh.Room(namespace).Bindings
	if len(has) != len(want) {
		return false
	}
	for i := range has {
		if has[i] != want[i] {
			return false
		}
	}
	return true
}

// tidy takes away what a test made in a namespace when it ends, so that the sweeps of others
// find nothing there. The namespace itself follows its Profile in its own time.
func (c *cluster) tidy(namespace string, objects ...client.Object) {
	c.t.Cleanup(func() {
		ctx := context.WithoutCancel(c.ctx)
		failures := []error{
			pg.Client.DeleteAllOf(ctx, &rbacv1.RoleBinding{}, client.InNamespace(namespace)),
			pg.Client.DeleteAllOf(ctx, &istiov1beta1.AuthorizationPolicy{}, client.InNamespace(namespace)),
		}
		for _, o := range objects {
			failures = append(failures, client.IgnoreNotFound(pg.Client.Delete(ctx, o)))
		}
		if err := errors.Join(failures...); err != nil {
			c.t.Error(err)
		}
	})
}
