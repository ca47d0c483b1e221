package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestForEachDoesEachOnce(t *testing.T) {
	items := make([]int, 500)
	for i := range items {
		items[i] = i + 1
	}
	var sum, present atomic.Int64
	err := forEach(t.Context(), items, func(_ context.Context, i int) error {
		defer present.Add(-1)
		if now := present.Add(1); now > concurrency {
			t.Errorf("%d are done at the same time, want at most %d", now, concurrency)
		}
		sum.Add(int64(i))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Load() != 500*501/2 {
		t.Errorf("the items add up to %d, want %d: some were done twice or not at all", sum.Load(), 500*501/2)
	}
}

func TestForEachStopsAtAnError(t *testing.T) {
	const many = 100_000
	broken := errors.New("broken")
	var done atomic.Int64
	err := forEach(t.Context(), make([]int, many), func(ctx context.Context, _ int) error {
		if done.Add(1) == 10 {
			return broken
		}
		return ctx.Err()
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v, want the first one, %v", err, broken)
	}
	if done.Load() == many {
		t.Error("all items were tried although one had failed")
	}
}

func TestParseOptions(t *testing.T) {
	good, err := parseOptions([]string{"-n", " 5  70 ", "-runs", "3"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if len(good.sizes) != 2 || good.sizes[0] != 5 || good.sizes[1] != 70 || good.runs != 3 {
		t.Errorf("the options are %+v, want sizes 5 and 70 and 3 runs", good)
	}
	for _, bad := range [][]string{{"-n", "", "-aws", "0", "-gcp", "0", "-kfam", "0"}, {"-aws", "many"}, {"-gcp", "many"}, {"-kfam", "many"}, {"-n", "many"}, {"-n", "0"}, {"-runs", "0"}, {"-idle", "0s"}, {"-fast"}} {
		if _, err := parseOptions(bad, t.Output()); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
