package profile

import (
	"context"
	"sync"
)

// Host is what plugins see of the controller. It is made before the plugins and
// given to Setup with them; until the controller has started, it does nothing.
type Host struct {
	mu    sync.RWMutex
	queue queue
}

// NewHost returns a Host for the plugins of one controller.
func NewHost() *Host { return &Host{} }

// Again has a Profile looked at again soon.
func (h *Host) Again(profile string) {
	if q := h.started(); q != nil {
		q.Add(requestFor(profile))
	}
}

// Backlog is how many Profiles wait to be looked at now.
func (h *Host) Backlog() int {
	if q := h.started(); q != nil {
		return q.Len()
	}
	return 0
}

func (h *Host) started() queue {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.queue
}

// start is called with the work queue when the controller starts.
func (h *Host) start(_ context.Context, q queue) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queue = q
	return nil
}
