package main

import (
	"fmt"
	"sync"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/controller-manager/pkg/informerfactory"
)

const (
	// catalogSettles is how long after a change of a CRD the catalog is read at every
	// question: the API server announces a kind a little after its CRD is established.
	catalogSettles = 10 * time.Second
	// catalogExpires is how long a catalog may be used when no CRD changed. It is for
	// kinds that come without a CRD, from an aggregated API server.
	catalogExpires = 30 * time.Second
)

// resourceCatalog answers which kinds the API server serves. The garbage collector
// asks every second; reading the whole catalog that often would keep an idle
// playground busy, so it is only read again when a CRD changed or it grew old.
type resourceCatalog struct {
	discovery.ServerResourcesInterface
	cached discovery.CachedDiscoveryInterface

	mu             sync.Mutex
	read           time.Time
	unsettledUntil time.Time
}

// newResourceCatalog returns a catalog that hears of CRDs through an informer of
// resources, which must be started afterwards.
func newResourceCatalog(client discovery.DiscoveryInterface, resources informerfactory.InformerFactory) (*resourceCatalog, error) {
	catalog := &resourceCatalog{
		ServerResourcesInterface: client,
		cached:                   memory.NewMemCacheClient(client),
	}
	crds, err := resources.ForResource(apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions"))
	if err != nil {
		return nil, fmt.Errorf("watch CRDs for the garbage collector: %w", err)
	}
	_, err = crds.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { catalog.changed() },
		UpdateFunc: func(any, any) { catalog.changed() },
		DeleteFunc: func(any) { catalog.changed() },
	})
	if err != nil {
		return nil, fmt.Errorf("watch CRDs for the garbage collector: %w", err)
	}
	return catalog, nil
}

// changed is called when a CRD came, went or was altered.
func (c *resourceCatalog) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsettledUntil = time.Now().Add(catalogSettles)
}

// ServerPreferredResources returns all kinds in their preferred version. It is the
// one question that the garbage collector asks.
func (c *resourceCatalog) ServerPreferredResources() ([]*metav1.APIResourceList, error) {
	if c.mustRead() {
		c.cached.Invalidate()
	}
	return c.cached.ServerPreferredResources()
}

// mustRead says whether what is known may be out of date, and notes that it is read
// now if so.
func (c *resourceCatalog) mustRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.After(c.unsettledUntil) && now.Before(c.read.Add(catalogExpires)) {
		return false
	}
	c.read = now
	return true
}
