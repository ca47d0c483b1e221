package main

import (
	"context"
	"errors"
	"fmt"
)

// component is one part of the control plane, running in its own goroutine.
type component struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
}

// startComponent runs run until stop is called. The context given to run depends
// on nothing but stop, because the parts must end one after the other and not all
// at once when the user presses Ctrl-C. When run returns before it was asked to,
// onFailure hears of it: without one part the others are of no use.
func startComponent(name string, run func(context.Context) error, onFailure context.CancelCauseFunc) *component {
	ctx, cancel := context.WithCancel(context.Background())
	c := &component{name: name, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		err := run(ctx)
		if ctx.Err() == nil {
			onFailure(componentFailure{name: name, reason: err})
		}
	}()
	return c
}

// stop asks the component to end and waits until it has.
func (c *component) stop() {
	c.cancel()
	<-c.done
}

// componentFailure is the cause of a context that ended because a component did.
type componentFailure struct {
	name   string
	reason error
}

func (f componentFailure) Error() string {
	if f.reason == nil {
		return fmt.Sprintf("%s ended unexpectedly", f.name)
	}
	return fmt.Sprintf("%s failed: %v", f.name, f.reason)
}

func (f componentFailure) Unwrap() error { return f.reason }

// failureOf returns the component failure that ended ctx, or nil when ctx still
// lives or was ended on purpose.
func failureOf(ctx context.Context) error {
	var failure componentFailure
	if errors.As(context.Cause(ctx), &failure) {
		return failure
	}
	return nil
}
