package plugintest

import (
	"maps"
	"sync"
)

// Tally counts what a plugin asked its cloud, for plugins that tell of each request. The zero
// Tally has counted nothing. It may be used by many at the same time.
type Tally struct {
	mu     sync.Mutex
	counts map[string]int
}

// Observe counts one request by its operation and its result.
func (t *Tally) Observe(operation, result string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	t.counts[operation+" "+result]++
}

// Counts are the requests so far, by "operation result".
func (t *Tally) Counts() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
