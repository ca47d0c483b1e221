package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAComponentThatEndsByItselfIsAFailure(t *testing.T) {
	for _, reason := range []error{errors.New("no more"), nil} {
		ctx, fail := context.WithCancelCause(t.Context())
		c := startComponent("etcd", func(context.Context) error { return reason }, fail)
		<-ctx.Done()
		if err := failureOf(ctx); err == nil || !errors.Is(err, reason) && reason != nil {
			t.Errorf("ended with %v, reported as %v", reason, err)
		}
		c.stop()
	}
}

func TestAComponentThatIsStoppedIsNoFailure(t *testing.T) {
	ctx, fail := context.WithCancelCause(t.Context())
	c := startComponent("etcd", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}, fail)
	c.stop()
	if ctx.Err() != nil {
		t.Errorf("reported as %v", context.Cause(ctx))
	}
}

func TestPartsStopOneAfterTheOtherInReverse(t *testing.T) {
	var order []string
	part := func(name string) *component {
		return startComponent(name, func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, name)
			return nil
		}, func(error) {})
	}
	plane := &controlPlane{running: []*component{part("etcd"), part("api"), part("controllers")}}
	must(t, plane.stop())
	if len(order) != 3 || order[0] != "controllers" || order[2] != "etcd" {
		t.Errorf("stopped in the order %v", order)
	}
}

func TestAStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := startComponent("etcd", func(context.Context) error { <-release; return nil }, func(error) {})
		plane := &controlPlane{running: []*component{stuck}}
		begin := time.Now()
		if err := plane.stop(); err == nil || time.Since(begin) != stopTimeout {
			t.Errorf("ended after %s with %v", time.Since(begin), err)
		}
		close(release)
	})
}
