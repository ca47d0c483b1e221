package main

import (
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
)

// countedDiscovery counts how often its cache is emptied.
type countedDiscovery struct {
	discovery.CachedDiscoveryInterface
	reads int
}

func (d *countedDiscovery) Invalidate() { d.reads++ }

func (d *countedDiscovery) ServerPreferredResources() ([]*metav1.APIResourceList, error) {
	return nil, nil
}

func TestTheCatalogIsReadAgainOnlyWhenItMayHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &countedDiscovery{}
		catalog := &resourceCatalog{cached: source}
		// ask asks every second and returns how often the catalog was read for it.
		ask := func(seconds int) int {
			before := source.reads
			for range seconds {
				_, err := catalog.ServerPreferredResources()
				must(t, err)
				time.Sleep(time.Second)
			}
			return source.reads - before
		}

		if got := ask(1); got != 1 {
			t.Errorf("at the start it is read %d times, not once", got)
		}
		if got := ask(28); got != 0 {
			t.Errorf("while nothing changes it is read %d times", got)
		}
		catalog.changed()
		if got := ask(9); got != 9 {
			t.Errorf("after a CRD changed it is read %d times in 9 seconds; a new kind may come late", got)
		}
		ask(2)
		if got := ask(60); got != 2 {
			t.Errorf("in a quiet minute it is read %d times, not twice", got)
		}
	})
}
