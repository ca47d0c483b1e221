package awsroles

import (
	"context"
	"fmt"
)

// Step is one thing that shall be so.
type Step struct {
	// What names the thing, such as role/profiles/vision.
	What string
	// Found says how it is, in words such as "has its tags"; or, when something is to be done, how
	// it was before, such as "there was none".
	Found string
	// Todo says what is done with it, in words such as "created"; empty when nothing is to be
	// done.
	Todo string
	// Do does it.
	Do func(context.Context) error
	// Wrong is what is not as it should be and is left to somebody who knows what it is for,
	// one sentence each with what to do.
	Wrong []string
}

// IsDone tells whether there is nothing to do.
func (s Step) IsDone() bool { return s.Todo == "" }

// Carry carries the steps out that have something to do, in order, and tells of each after it.
// It ends at the first that fails.
func Carry(ctx context.Context, steps []Step, tell func(Step)) error {
	for _, s := range steps {
		if !s.IsDone() {
			if err := s.Do(ctx); err != nil {
				return fmt.Errorf("%s could not be %s: %w\nWhat was done before stays. Run the same command again to go on", s.What, s.Todo, err)
			}
		}
		tell(s)
	}
	return nil
}
