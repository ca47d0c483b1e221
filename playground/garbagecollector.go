package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
)

const (
	// newResourcesPeriod is how soon the garbage collector follows the owners of a
	// kind that a new CRD brought. kube-controller-manager has 30 s built in, which
	// is how long a test would wait for the first cascade after installing its CRD.
	newResourcesPeriod = time.Second
	// firstReadTimeout is how long the collector may read all objects before it starts
	// to collect with what it has.
	firstReadTimeout = 30 * time.Second
	// garbageWorkers is how many objects are deleted at the same time.
	garbageWorkers = 20
)

// garbageCollector is the garbage collector of kube-controller-manager with what it
// needs around it. It runs beside the manager and not in it, because the manager's
// command line does not allow a shorter period for noticing new kinds.
type garbageCollector struct {
	collector *garbagecollector.GarbageCollector
	catalog   *resourceCatalog
	resources informerfactory.InformerFactory
	started   chan struct{}
}

// newGarbageCollector assembles a garbage collector that acts as administrator.
func newGarbageCollector(f folder) (*garbageCollector, error) {
	config, err := adminConfig(f.kubeconfig(), "kube-controller-manager/garbage-collector")
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("create the client of the garbage collector: %w", err)
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("create the metadata client of the garbage collector: %w", err)
	}
	g := &garbageCollector{
		resources: informerfactory.NewInformerFactory(
			informers.NewSharedInformerFactory(client, 0),
			metadatainformer.NewSharedInformerFactory(metadataClient, 0),
		),
		started: make(chan struct{}),
	}
	if g.catalog, err = newResourceCatalog(client.Discovery(), g.resources); err != nil {
		return nil, err
	}
	// The mapper has a cache of its own: the collector empties it when the catalog has
	// grown, and a shared one would then lose what the catalog just learnt.
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	g.collector, err = garbagecollector.NewGarbageCollector(context.Background(), client, metadataClient,
		mapper, garbagecollector.DefaultIgnoredResources(), g.resources, g.started)
	if err != nil {
		return nil, fmt.Errorf("create the garbage collector: %w", err)
	}
	return g, nil
}

// run collects garbage until ctx ends, and returns when all of it has stopped.
func (g *garbageCollector) run(ctx context.Context) error {
	g.resources.Start(ctx.Done())
	close(g.started)
	synced := make(chan struct{})
	go func() {
		defer close(synced)
		g.collector.Sync(ctx, g.catalog, newResourcesPeriod)
	}()
	g.collector.Run(ctx, garbageWorkers, firstReadTimeout)
	<-synced
	return nil
}

// knowsAllKinds says whether the collector follows all kinds of objects there are.
func (g *garbageCollector) knowsAllKinds() bool {
	return g.collector.IsSynced(klog.Background())
}
