package profile

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// TestAScrapeBeforeTheCacheIsFilledHasTheOtherMetrics since with an error Prometheus would
// get none of them.
func TestAScrapeBeforeTheCacheIsFilledHasTheOtherMetrics(t *testing.T) {
	filled := false
	reader := interceptor.NewClient(newRoom(t, interceptor.Funcs{}).Client.(client.WithWatch), interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if !filled {
				return errors.New("the caches are not filled yet")
			}
			return c.List(ctx, list)
		}})
	registry := prometheus.NewRegistry()
	NewMetrics(registry, reader)
	for _, now := range []bool{false, true} {
		filled = now
		families, err := registry.Gather()
		if err != nil {
			t.Fatalf("filled %t: %v", now, err)
		}
		found := map[string]bool{}
		for _, family := range families {
			found[family.GetName()] = true
		}
		if !found["kfprofiles_time_to_ready_seconds"] || found["kfprofiles_profiles"] != now {
			t.Errorf("filled %t: the scrape has %v", now, found)
		}
	}
}
