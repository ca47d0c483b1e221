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
	return s.glance(ctx, pids, settlePatience, "the control plane does not come to rest", func(u usage) bool {
		return u.all()/u.wall < settledShare
	})
}

// quiet waits, for as long as -patience says, until other programs leave the machine to
// this one. It comes before what is measured in seconds.
func (s *stage) quiet(ctx context.Context) error {
	return s.glance(ctx, nil, s.patience, "other programs are busy", func(u usage) bool { return u.others < tolerable })
}

// glance looks at the processes again and again, until a few times in a row they are as
// wanted or patience is over, which is told as a complaint and no more.
func (s *stage) glance(ctx context.Context, pids []int, patience time.Duration, complaint string, wanted func(usage) bool) error {
	deadline := time.Now().Add(patience)
	for inRow := 0; inRow < settledWindows; {
		if time.Now().After(deadline) {
			s.say("%s; going on all the same", complaint)
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
		inRow++
		if !wanted(used) {
			inRow = 0
		}
	}
	return nil
}
