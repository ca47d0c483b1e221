package main

import (
	"context"
	"time"
)

const (
	// settleWindow is how long a glance at the processes takes that settle waits for.
	settleWindow = 500 * time.Millisecond
	// settledShare is the part of one processor that they may use and still be at rest:
	// a control plane with nothing to do uses a few hundredths.
	settledShare = 0.2
	// settledWindows is how many glances in a row must have shown them at rest.
	settledWindows = 3
	// settlePatience ends the wait for processes that never rest.
	settlePatience = 2 * time.Minute
)

// settle waits until the control plane, and the given processes, have nothing to do.
// Right after definitions were installed, for example, the API server is busy with
// describing them, which would be counted as work of whatever comes next.
func (s *stage) settle(ctx context.Context, pids ...int) error {
	deadline := time.Now().Add(settlePatience)
	for quiet := 0; quiet < settledWindows; {
		if time.Now().After(deadline) {
			s.say("the control plane does not come to rest; going on all the same")
			return nil
		}
		m, err := startMeter(append(pids, s.pid)...)
		if err != nil {
			return err
		}
		select {
		case <-time.After(settleWindow):
		case <-ctx.Done():
			return ctx.Err()
		}
		used, err := m.stop()
		if err != nil {
			return err
		}
		busy := 0.0
		for _, pid := range append(pids, s.pid) {
			busy += used.cpu[pid]
		}
		quiet++
		if busy/used.wall > settledShare {
			quiet = 0
		}
	}
	return nil
}
