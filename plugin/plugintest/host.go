package plugintest

import (
	"context"
	"fmt"
	"sync"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Host is a controller as far as a plugin sees it. Tests wait for its calls instead of
// letting time pass.
type Host struct {
	mu      sync.Mutex
	news    map[string]chan struct{}
	calls   map[string]int
	backlog int
}

// NewHost returns a Host with no backlog.
func NewHost() *Host { return &Host{news: map[string]chan struct{}{}, calls: map[string]int{}} }

// Again notes that there is news for a Profile.
func (h *Host) Again(profile string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls[profile]++
	select {
	case h.newsOf(profile) <- struct{}{}:
	default: // Nobody has looked since the last call, so one look will do for both.
	}
}

// Backlog is what SetBacklog said.
func (h *Host) Backlog() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.backlog
}

// SetBacklog says how many Profiles wait.
func (h *Host) SetBacklog(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.backlog = n
}

// Calls is how often Again was called for a Profile.
func (h *Host) Calls(profile string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[profile]
}

// News receives after Again was called for a Profile.
func (h *Host) News(profile string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newsOf(profile)
}

// newsOf must be called with the lock held.
func (h *Host) newsOf(profile string) chan struct{} {
	news, ok := h.news[profile]
	if !ok {
		news = make(chan struct{}, 1)
		h.news[profile] = news
	}
	return news
}

// patience is how often a call that says Retry is made again. A fault that is over does
// not need more.
const patience = 5

// Until calls a plugin for a Profile as the controller would, until it returns nil or says
// that it is no use. Errors that last are returned, and so is the last one when the
// context ends while the plugin keeps the controller waiting.
func (h *Host) Until(ctx context.Context, profile string, call func() error) error {
	for tried := 1; ; {
		err := call()
		if err == nil {
			return nil
		}
		switch plugin.AsError(err).Kind {
		case plugin.Refused:
			return err
		case plugin.Retry:
			if tried++; tried > patience {
				return fmt.Errorf("after %d calls still: %w", patience, err)
			}
			continue
		}
		if ended := h.await(ctx, profile); ended != nil {
			return fmt.Errorf("%w: %w", ended, err)
		}
	}
}

// await returns nil after Again was called for a Profile.
func (h *Host) await(ctx context.Context, profile string) error {
	select {
	case <-h.News(profile):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("Host.Again was not called for %s, which was told to wait", profile)
	}
}
