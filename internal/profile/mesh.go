package profile

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"k8s.io/client-go/util/workqueue"
)

// authorizationPolicyCRD is the name under which a cluster says that it serves Istio's
// AuthorizationPolicy.
const authorizationPolicyCRD = "authorizationpolicies.security.istio.io"

// Mesh follows whether the cluster serves Istio's AuthorizationPolicy. While it does,
// Mesh keeps a cache of our policies; each time the kind comes and goes the cache is
// made anew, since one that outlived its kind would go on showing policies that are
// gone.
//
// Mesh is a source of the controller: it tells the work queue of policies that changed,
// and of all Profiles when the kind comes or goes.
type Mesh struct {
	crds     cache.Cache
	profiles client.Reader
	open     func() (cache.Cache, client.Client, error)
	log      logr.Logger

	registered toolscache.ResourceEventHandlerRegistration
	// served holds the latest news about the kind, and never more than that.
	served chan bool
	// settled is closed when the state at the start is known and cached.
	settled chan struct{}

	mu      sync.RWMutex
	current client.Client
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// newMesh returns a Mesh that learns about the kind from crds, lists Profiles from
// profiles, and uses open for a fresh cache of policies with a client on top of it.
func newMesh(crds cache.Cache, profiles client.Reader, open func() (cache.Cache, client.Client, error), log logr.Logger) *Mesh {
	return &Mesh{crds: crds, profiles: profiles, open: open, log: log,
		served: make(chan bool, 1), settled: make(chan struct{})}
}

// client returns a client for AuthorizationPolicies, or false while the cluster does
// not serve them.
func (m *Mesh) client() (client.Client, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.current, m.current != nil
}

// Start begins to follow the kind and returns; WaitForSync waits for the first result.
func (m *Mesh) Start(ctx context.Context, queue queue) error {
	informer, err := m.crds.GetInformer(ctx, &apiextensionsv1.CustomResourceDefinition{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watch for Istio's AuthorizationPolicy: %w", err)
	}
	m.registered, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { m.note(servesPolicies(object)) },
		UpdateFunc: func(_, object any) { m.note(servesPolicies(object)) },
		DeleteFunc: func(any) { m.note(false) },
	})
	if err != nil {
		return fmt.Errorf("watch for Istio's AuthorizationPolicy: %w", err)
	}
	go m.follow(ctx, queue)
	return nil
}

// WaitForSync returns when it is known whether the kind is served and, if it is, its
// policies are cached.
func (m *Mesh) WaitForSync(ctx context.Context) error {
	select {
	case <-m.settled:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("AuthorizationPolicies did not reach the cache: %w", ctx.Err())
	}
}

// String names the source in logs.
func (m *Mesh) String() string { return "mesh policies" }

func servesPolicies(object any) bool {
	crd, ok := object.(*apiextensionsv1.CustomResourceDefinition)
	if !ok || crd.Name != authorizationPolicyCRD {
		return false
	}
	established := false
	for _, c := range crd.Status.Conditions {
		established = established || (c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue)
	}
	for _, v := range crd.Spec.Versions {
		if v.Name == istiov1beta1.SchemeGroupVersion.Version && v.Served {
			return established
		}
	}
	return false
}

// note leaves the latest news for follow; news that it had no time to read is old.
func (m *Mesh) note(served bool) {
	for {
		select {
		case m.served <- served:
			return
		default:
		}
		select {
		case <-m.served:
		default:
		}
	}
}

// follow opens and closes caches as the kind comes and goes, until ctx ends.
func (m *Mesh) follow(ctx context.Context, queue queue) {
	if !toolscache.WaitForCacheSync(ctx.Done(), m.registered.HasSynced) {
		return
	}
	closeCache := func() {}
	defer func() { closeCache() }()
	settle := sync.OnceFunc(func() { close(m.settled) })
	if len(m.served) == 0 {
		settle()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case served := <-m.served:
			if _, open := m.client(); served == open {
				settle()
				continue
			}
			closeCache()
			closeCache = func() {}
			if served {
				closeCache = m.openCache(ctx, queue)
			}
			m.log.Info("the cluster's answer to whether it serves AuthorizationPolicies changed", "served", served)
			settle()
			enqueueAll(ctx, m.profiles, queue, m.log)
		}
	}
}

// openCache makes policies available and returns how to make them unavailable again.
func (m *Mesh) openCache(ctx context.Context, queue queue) func() {
	ctx, cancel := context.WithCancel(ctx)
	policies, meshClient, err := m.open()
	if err != nil {
		m.log.Error(err, "no cache of AuthorizationPolicies could be made")
		return cancel
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := policies.Start(ctx); err != nil {
			m.log.Error(err, "the cache of AuthorizationPolicies stopped")
		}
	})
	stop := func() {
		m.set(nil)
		cancel()
		running.Wait()
	}
	informer, err := policies.GetInformer(ctx, &istiov1beta1.AuthorizationPolicy{})
	if err == nil {
		_, err = informer.AddEventHandler(tellQueue(queue))
	}
	if err != nil {
		m.log.Error(err, "AuthorizationPolicies cannot be watched")
		return stop
	}
	m.set(meshClient)
	return stop
}

func (m *Mesh) set(current client.Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.current = current
}

// tellQueue enqueues the Profile of the namespace in which something changed.
func tellQueue(queue queue) toolscache.ResourceEventHandler {
	enqueue := func(object any) {
		if unknown, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
			object = unknown.Obj
		}
		if o, ok := object.(client.Object); ok {
			queue.Add(requestFor(o.GetNamespace()))
		}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
		DeleteFunc: enqueue,
	}
}

// enqueueAll has every Profile looked at again.
func enqueueAll(ctx context.Context, profiles client.Reader, queue queue, log logr.Logger) {
	names, err := profileNames(ctx, profiles)
	if err != nil {
		log.Error(err, "the Profiles could not be listed, so some may be looked at late")
		return
	}
	for _, name := range names {
		queue.Add(requestFor(name))
	}
}
