package main

import (
	"context"
	"fmt"
	"time"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// measureController measures the life of a controller: it creates the rooms, is idle,
// is started again, hands over to another one, and sees everything deleted. It returns
// what the first Profile owned.
func (s *stage) measureController(ctx context.Context, f *figures, idle time.Duration) ([]string, error) {
	controller, err := s.startController(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx, controller.PID()); err != nil {
		return nil, err
	}
	if err := s.measureCreation(ctx, f, controller); err != nil {
		return nil, fmt.Errorf("creation: %w", err)
	}
	owned, err := s.inventory(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.measureIdle(ctx, f, controller, idle); err != nil {
		return nil, fmt.Errorf("idle: %w", err)
	}
	if err := controller.Stop(); err != nil {
		return nil, err
	}
	if controller, err = s.measureRestart(ctx, f); err != nil {
		return nil, fmt.Errorf("restart: %w", err)
	}
	if err := s.measureFailover(ctx, f, controller); err != nil {
		return nil, fmt.Errorf("failover: %w", err)
	}
	if err := s.measureDeletion(ctx, f); err != nil {
		return nil, fmt.Errorf("deletion: %w", err)
	}
	return owned, nil
}

// measureCreation creates all Profiles and waits until a watch has shown each of them
// ready.
func (s *stage) measureCreation(ctx context.Context, f *figures, controller *playground.Controller) error {
	s.say("the controller gets %d Profiles", len(s.names))
	if err := s.quiet(ctx); err != nil {
		return err
	}
	ready, err := watchFor(ctx, s.client, &profilev1.ProfileList{}, s.names, isReady)
	if err != nil {
		return err
	}
	mark, err := s.audit.mark()
	if err != nil {
		return err
	}
	m, err := startMeter(s.pid, controller.PID())
	if err != nil {
		return err
	}
	if err := forEach(ctx, s.names, s.createProfile); err != nil {
		return err
	}
	last := <-ready
	if last.err != nil {
		return last.err
	}
	used, err := m.stop()
	if err != nil {
		return err
	}
	f.Controller = last.at.Sub(m.began).Seconds()
	f.ControllerCPU, f.ControlPlaneCPU, f.AllCPU = used.cpu[controller.PID()], used.cpu[s.pid], used.all()
	f.ControllerDisturbed = used.others
	s.say("controller: %.2f s, %.2f times the bare client", f.Controller, f.Controller/f.Bare)
	if f.RSSCreated, _, err = memoryOf(controller.PID()); err != nil {
		return err
	}
	return s.countCreation(ctx, f, controller, mark)
}

// countCreation counts what the controller sent, once it sends no more.
func (s *stage) countCreation(ctx context.Context, f *figures, controller *playground.Controller, mark int64) error {
	if err := s.settle(ctx, controller.PID()); err != nil {
		return err
	}
	sent, err := s.audit.since(mark)
	if err != nil {
		return err
	}
	metrics, err := scrape(ctx, controller.Metrics)
	if err != nil {
		return err
	}
	n := float64(len(s.names))
	f.Reconciles = metrics.sum("controller_runtime_reconcile_total", "") / n
	f.Requests, f.WritesPerProfile, f.FailedPerProfile = sent.each(len(s.names)), float64(sent.writes())/n, float64(sent.failed)/n
	s.say("%.2f writes per Profile", f.WritesPerProfile)
	return nil
}

func (s *stage) createProfile(ctx context.Context, name string) error {
	return s.client.Create(ctx, newProfile(name))
}

// measureIdle watches the controller while nothing happens.
func (s *stage) measureIdle(ctx context.Context, f *figures, controller *playground.Controller, duration time.Duration) error {
	s.say("watching the idle controller for %s", duration)
	mark, err := s.audit.mark()
	if err != nil {
		return err
	}
	select {
	case <-time.After(duration):
	case <-ctx.Done():
		return ctx.Err()
	}
	sent, err := s.audit.since(mark)
	if err != nil {
		return err
	}
	perMinute := func(count int) float64 { return float64(count) / duration.Minutes() }
	f.IdleRequestsPerMinute = perMinute(sent.total())
	f.IdleElectionPerMinute, f.IdleWatchesPerMinute = perMinute(sent.election), perMinute(sent.watches)
	if f.RSS, f.RSSPeak, err = memoryOf(controller.PID()); err != nil {
		return err
	}
	s.say("idle: %.0f requests a minute, %.1f MiB", f.IdleRequestsPerMinute, f.RSS)
	return nil
}
