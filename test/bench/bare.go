package main

import (
	"context"
	"fmt"
)

// measureBare lets a client create Profiles and what they own, and nothing else: no
// controller runs, nothing is read or watched, and no limit slows the client down.
func (s *stage) measureBare(ctx context.Context, f *figures) error {
	s.say("the bare client creates %d Profiles with their objects", len(s.names))
	if err := s.quiet(ctx); err != nil {
		return err
	}
	m, err := startMeter(s.pid)
	if err != nil {
		return err
	}
	if err := forEach(ctx, s.names, s.createRoom); err != nil {
		return fmt.Errorf("the bare client: %w", err)
	}
	used, err := m.stop()
	if err != nil {
		return err
	}
	f.Bare = used.wall
	f.BareControlPlaneCPU, f.BareAllCPU, f.BareDisturbed = used.cpu[s.pid], used.all(), used.others
	s.say("bare client: %.2f s", f.Bare)
	return nil
}

func (s *stage) createRoom(ctx context.Context, name string) error {
	p := newProfile(name)
	if err := s.client.Create(ctx, p); err != nil {
		return err
	}
	for _, o := range roomOf(p) {
		if err := s.client.Create(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
