package gcpworkloadidentity

import (
	"sync"
	"time"
)

// missingPools remembers for some time the workload identity pools that do not exist.
type missingPools struct {
	// believed is how long.
	believed time.Duration

	mu    sync.Mutex
	since map[string]time.Time
}

func (m *missingPools) note(pool string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since == nil {
		m.since = map[string]time.Time{}
	}
	m.since[pool] = now
}

func (m *missingPools) has(pool string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	since, there := m.since[pool]
	if there && now.Sub(since) >= m.believed {
		delete(m.since, pool)
		return false
	}
	return there
}
