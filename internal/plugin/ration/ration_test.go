package ration

import (
	"context"
	"math"
	"testing"
)

func TestTheRateIsHalvedByThrottlingAndGrowsBackSlowly(t *testing.T) {
	b := NewBudget(5)
	if b.limiter.Burst() != 10 || NewBudget(0.1).limiter.Burst() != 1 {
		t.Errorf("bursts are %d and %d; want two seconds' worth and at least one", b.limiter.Burst(), NewBudget(0.1).limiter.Burst())
	}
	steps := []struct {
		throttled bool
		times     int
		want      float64
	}{
		{false, 3, 5},
		{true, 1, 2.5},
		{true, 1, 1.25},
		{false, 2, 1.25 * 1.05 * 1.05},
		{true, 20, leastRate},
		{false, 1, leastRate * recovery},
		{false, 1000, 5},
	}
	for n, step := range steps {
		for range step.times {
			b.Learn(step.throttled)
		}
		if got := float64(b.limiter.Limit()); math.Abs(got-step.want) > 1e-9 {
			t.Errorf("after step %d the rate is %v, want %v", n, got, step.want)
		}
	}
}

func TestThrottlingNeverRaisesTheRate(t *testing.T) {
	b := NewBudget(0.05)
	b.Learn(true)
	if got := float64(b.limiter.Limit()); got > 0.05 {
		t.Errorf("throttled, the rate rose to %v", got)
	}
}

func TestWaitingForTheBudgetEndsWithTheController(t *testing.T) {
	b := NewBudget(0.001)
	ctx, cancel := context.WithCancel(t.Context())
	if err := b.Take(ctx); err != nil {
		t.Errorf("the first request has to wait: %v", err)
	}
	cancel()
	if err := b.Take(ctx); err == nil {
		t.Error("a request is allowed although the budget is used up and the controller ends")
	}
}
