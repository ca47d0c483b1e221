package plugintest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/kfprofiles/kfprofiles/plugin"
)

func applyIsIdempotent(s *stage) error { return idempotent(s, (*stage).apply, true) }

func revokeIsIdempotent(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	if err := s.apply(p, alice); err != nil {
		return err
	}
	return idempotent(s, (*stage).revoke, false)
}

// idempotent does something, does it again, and has another process do it again.
func idempotent(s *stage, do func(*stage, *process, Pod) error, admitted bool) error {
	first, err := s.start(cut{})
	if err != nil {
		return err
	}
	if err := do(s, first, alice); err != nil {
		return err
	}
	states := s.states()
	first.stop()
	second, err := s.start(cut{})
	if err != nil {
		return err
	}
	for range 3 {
		if err := do(s, second, alice); err != nil {
			return err
		}
	}
	switch {
	case s.states() != states:
		return errors.New("doing it again changed the cloud once more")
	case s.now().Admits(alice) != admitted:
		return fmt.Errorf("in the end %v is admitted: %t", alice, !admitted)
	}
	return s.sound()
}

func revokeOfNothing(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	states := s.states()
	if err := s.revoke(p, alice); err != nil {
		return err
	}
	if s.states() != states {
		return errors.New("taking back what never was changed the cloud")
	}
	return s.sound()
}

// revokeWithoutIdentity lets the process that applied try, which may believe the identity
// to be there still, and one that knows nothing.
func revokeWithoutIdentity(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	if err := s.apply(p, alice); err != nil {
		return err
	}
	if err := s.subject.RemoveIdentity(s.identity); err != nil {
		return err
	}
	if err := s.revoke(p, alice); err != nil {
		return err
	}
	fresh, err := s.start(cut{})
	if err != nil {
		return err
	}
	return s.revoke(fresh, alice)
}

func applyWithoutIdentity(s *stage) error {
	s.identity = s.subject.Missing()
	var words string
	for range 2 {
		p, err := s.start(cut{})
		if err != nil {
			return err
		}
		b, err := s.binding(p, alice)
		if err != nil {
			return err
		}
		err = p.host.Until(s.Context, alice.Profile, func() error { return p.Apply(s.Context, alice.Profile, b) })
		if err == nil || plugin.AsError(err).Kind != plugin.Refused {
			return fmt.Errorf("Apply must be refused and is answered with: %w", orNothing(err))
		}
		now := plugin.AsError(err).Message
		if words != "" && words != now {
			return fmt.Errorf("it is once refused with %q and then with %q; each new message is a write of the status", words, now)
		}
		words = now
	}
	return nil
}

// manyShare binds several side by side and takes them back one after the other.
func manyShare(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	all := []Pod{alice, bob, carol}
	s.asked = all
	errs := make([]error, len(all))
	var group sync.WaitGroup
	for i, pod := range all {
		group.Go(func() {
			b, err := s.binding(p, pod)
			if err != nil {
				errs[i] = err
				return
			}
			errs[i] = s.settle(p, pod, b, true)
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for n, pod := range all {
		if err := s.revoke(p, pod); err != nil {
			return err
		}
		for _, other := range all[n+1:] {
			if !s.now().Admits(other) {
				return fmt.Errorf("taking back %v took %v with it", pod, other)
			}
		}
	}
	return s.sound()
}
