package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// concurrency is how many requests are under way at the same time wherever this program
// itself makes Profiles or their objects. The controller has as many workers.
const concurrency = 16

// stage is a control plane with the product's manifests and Istio's policies on it, and
// the names of the Profiles to put there.
type stage struct {
	plane  *playground.Playground
	pid    int
	client client.WithWatch
	audit  auditLog
	names  []string
	say    progress
	// patience is how long to wait for a quiet machine.
	patience time.Duration
	// controllerOptions are those of every controller started here.
	controllerOptions playground.ControllerOptions
	// controllers are all that were started here, also those that were stopped.
	controllers []*playground.Controller
}

// onFreshControlPlane runs measure on a control plane that nothing has been done to yet.
func onFreshControlPlane(ctx context.Context, n int, patience time.Duration, say progress, measure func(*stage) error) (err error) {
	plane, err := playground.Start(ctx, playground.Options{AuditLog: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	if err := plane.Install(ctx); err != nil {
		return err
	}
	if err := plane.InstallMesh(ctx); err != nil {
		return err
	}
	s := &stage{plane: plane, names: profileNames(n), say: say, patience: patience}
	s.audit = auditLog{filepath.Join(plane.Folder, "audit.log")}
	if s.pid, err = readPID(filepath.Join(plane.Folder, "pid")); err != nil {
		return err
	}
	if s.client, err = client.NewWithWatch(plane.Admin, client.Options{Scheme: playground.Scheme()}); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stopControllers()) }()
	return measure(s)
}

// startController starts one as the Deployment does, flags and rights included. It is
// stopped at the end, if not before.
func (s *stage) startController(ctx context.Context) (*playground.Controller, error) {
	c, err := s.plane.StartController(ctx, s.controllerOptions)
	if err == nil {
		s.controllers = append(s.controllers, c)
	}
	return c, err
}

func (s *stage) stopControllers() error {
	var errs []error
	for _, c := range s.controllers {
		errs = append(errs, c.Stop())
	}
	return errors.Join(errs...)
}

func readPID(path string) (int, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("find the control plane's process: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(content)))
}

func profileNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("team-%04d", i+1)
	}
	return names
}

// forEach calls do for each item, as many at a time as concurrency says, and stops at
// the first error.
func forEach[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan T)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for item := range queue {
				if err := do(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, item := range items {
		select {
		case queue <- item:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	workers.Wait()
	return context.Cause(ctx)
}
