package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// measureRestart starts a controller while all Profiles are there and as they should
// be. It returns the controller, which runs on.
func (s *stage) measureRestart(ctx context.Context, f *figures) (*playground.Controller, error) {
	s.say("starting the controller again, with %d Profiles there", len(s.names))
	mark, err := s.audit.mark()
	if err != nil {
		return nil, err
	}
	controller, err := s.startController(ctx)
	if err != nil {
		return nil, err
	}
	// Readiness means filled caches.
	ready := time.Now()
	if err := waitUntilAllSeen(ctx, controller, len(s.names)); err != nil {
		return nil, err
	}
	f.Restart = time.Since(ready).Seconds()
	if f.RestartFromStart, err = sinceStart(controller.PID()); err != nil {
		return nil, err
	}
	if err := s.settle(ctx, controller.PID()); err != nil {
		return nil, err
	}
	if f.RSSRestarted, _, err = memoryOf(controller.PID()); err != nil {
		return nil, err
	}
	sent, err := s.audit.since(mark)
	if err != nil {
		return nil, err
	}
	f.RestartWrites, f.RestartElection = float64(sent.writes()), float64(sent.election)
	s.say("restart: %.2f s, %.0f writes %v", f.Restart, f.RestartWrites, sent.byKind)
	return controller, nil
}

// waitUntilAllSeen waits until a controller, going by its own metrics, has been through
// all Profiles and has none left to look at.
func waitUntilAllSeen(ctx context.Context, controller *playground.Controller, n int) error {
	err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, longestWait, true, func(ctx context.Context) (bool, error) {
		now, err := scrape(ctx, controller.Metrics)
		if err != nil {
			return false, err
		}
		return now.sum("kfprofiles_step_results_total", `step="NamespaceReady"`) >= float64(n) &&
			now.sum("workqueue_depth", `name="profile"`) == 0 &&
			now.sum("controller_runtime_active_workers", "") == 0, nil
	})
	if err != nil {
		return fmt.Errorf("wait until the controller has seen all Profiles: %w", err)
	}
	return nil
}
