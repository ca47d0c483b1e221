package profile

import (
	"context"
	"errors"
	"sync"
	"time"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
)

// result is what one step came to, and what its condition will say.
type result struct {
	condition profilev1.ConditionType
	// reason and message describe success; failure replaces them when it is set.
	reason, message string
	failure         *failure
	outcomes        []apply.Outcome
	// again is after how long to look again although nothing failed; zero means never.
	again time.Duration
}

// step brings one aspect of the room to its desired state.
type step func(context.Context, *situation) result

// together runs the steps at the same time and returns their results in order.
func together(ctx context.Context, s *situation, steps ...step) []result {
	results := make([]result, len(steps))
	var group sync.WaitGroup
	for i, step := range steps {
		group.Go(func() { results[i] = step(ctx, s) })
	}
	group.Wait()
	return results
}

// ensureAll runs the tasks at the same time and returns all outcomes and, when any
// task failed, the failure that matters most.
func ensureAll(tasks []func() (apply.Outcome, error)) ([]apply.Outcome, *failure) {
	outcomes := make([]apply.Outcome, len(tasks))
	errs := make([]error, len(tasks))
	var group sync.WaitGroup
	for i, task := range tasks {
		group.Go(func() { outcomes[i], errs[i] = task() })
	}
	group.Wait()
	return outcomes, worst(errs)
}

// worst picks the failure to report. What somebody has to correct comes before what
// passes by itself, and the log gets all of them as its cause.
func worst(errs []error) *failure {
	var chosen *failure
	for _, err := range errs {
		if err == nil {
			continue
		}
		if f := classify(err); chosen == nil || severity(f.kind) > severity(chosen.kind) {
			chosen = f
		}
	}
	if chosen == nil {
		return nil
	}
	all := *chosen
	all.cause = errors.Join(errs...)
	return &all
}

func severity(kind failureKind) int {
	switch kind {
	case refused:
		return 3
	case retry:
		return 2
	case outrun:
		return 1
	default:
		return 0
	}
}
