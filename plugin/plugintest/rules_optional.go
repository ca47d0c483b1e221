package plugintest

import (
	"errors"
	"fmt"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// probeOnlyLooks is about plugins that are a Prober.
func probeOnlyLooks(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	if _, ok := p.Plugin.(plugin.Prober); !ok {
		return nil
	}
	states := s.states()
	if err := s.probe(p, alice); err != nil {
		return fmt.Errorf("Probe of what can be applied: %w", err)
	}
	if s.states() != states || s.now().Admits(alice) {
		return errors.New("Probe changed the cloud")
	}
	if err := s.apply(p, alice); err != nil {
		return fmt.Errorf("after Probe has returned nil: %w", err)
	}
	return errors.Join(s.sound(), s.probeRefusesAsApplyDoes())
}

// probe calls Probe until it has an answer.
func (s *stage) probe(p *process, pod Pod) error {
	b, err := s.binding(p, pod)
	if err != nil {
		return err
	}
	prober := p.Plugin.(plugin.Prober)
	return p.host.Until(s.Context, pod.Profile, func() error { return prober.Probe(s.Context, pod.Profile, b) })
}

// probeRefusesAsApplyDoes probes what is not there. A plugin may not be able to see that yet.
func (s *stage) probeRefusesAsApplyDoes() error {
	s.identity = s.subject.Missing()
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	probed := s.probe(p, alice)
	if probed == nil {
		return nil
	}
	b, err := s.binding(p, alice)
	if err != nil {
		return err
	}
	applied := p.host.Until(s.Context, alice.Profile, func() error { return p.Apply(s.Context, alice.Profile, b) })
	if applied == nil || plugin.AsError(probed).Reason != plugin.AsError(applied).Reason || plugin.AsError(probed).Message != plugin.AsError(applied).Message {
		return fmt.Errorf("Probe is refused with %w, and Apply is answered with: %w", probed, orNothing(applied))
	}
	return nil
}

// verifiedWasSeen is about plugins that are a Verifier.
func verifiedWasSeen(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	verifier, ok := p.Plugin.(plugin.Verifier)
	if !ok {
		return nil
	}
	b, err := s.binding(p, alice)
	if err != nil {
		return err
	}
	if at := verifier.Verified(alice.Profile, b); !at.IsZero() {
		return fmt.Errorf("before Apply, Verified says %s; want no time", at)
	}
	begun := time.Now()
	if err := s.apply(p, alice); err != nil {
		return err
	}
	if at := verifier.Verified(alice.Profile, b); at.Before(begun) || at.After(time.Now()) {
		return fmt.Errorf("after an Apply that began at %s, Verified says %s", begun, at)
	}
	if err := s.revoke(p, alice); err != nil {
		return err
	}
	if at := verifier.Verified(alice.Profile, b); !at.IsZero() {
		return fmt.Errorf("after Revoke, Verified says %s; want no time", at)
	}
	return s.sound()
}
