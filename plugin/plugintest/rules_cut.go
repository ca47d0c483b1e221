package plugintest

import (
	"errors"
	"fmt"
)

func applyCutOff(s *stage) error  { return cutOff(s, true) }
func revokeCutOff(s *stage) error { return cutOff(s, false) }

// mostCalls is more than one binding should ever take.
const mostCalls = 40

// cutOff cuts off the first call, the second, and so on until there is none left to cut;
// before and after the call was carried out; and has the same process go on or another.
func cutOff(s *stage, present bool) error {
	for _, c := range []cut{{}, {after: true}, {forGood: true}, {after: true, forGood: true}} {
		for c.at = 1; ; c.at++ {
			happened, err := cutOnce(s, c, present)
			if err != nil {
				return fmt.Errorf("call %d was cut off (after it was carried out: %t; the process died: %t): %w", c.at, c.after, c.forGood, err)
			}
			if !happened {
				break
			}
			if c.at > mostCalls {
				return fmt.Errorf("one binding takes more than %d calls", mostCalls)
			}
		}
		if c.at == 1 {
			return errors.New("no call went through the transport that the subject was given, so none could be cut off")
		}
	}
	return nil
}

// cutOnce binds alice, or takes her back, on an identity that bob has already.
func cutOnce(outer *stage, c cut, present bool) (happened bool, err error) {
	s, err := newStage(outer.Context, outer.subject)
	if err != nil {
		return false, err
	}
	defer s.end()
	if err := s.prepare(present); err != nil {
		return false, err
	}
	victim, err := s.start(c)
	if err != nil {
		return false, err
	}
	if err := s.change(victim, present); err != nil && !victim.outside.hasBroken() {
		return false, err
	} else if err != nil && !c.forGood {
		return true, err
	}
	victim.stop()
	if victim.outside.hasBroken() && c.forGood {
		heir, err := s.start(cut{})
		if err != nil {
			return true, err
		}
		if err := s.change(heir, present); err != nil {
			return true, err
		}
	}
	if !s.now().Admits(bob) {
		return true, fmt.Errorf("%v was bound before and is no longer", bob)
	}
	return victim.outside.hasBroken(), s.sound()
}

// prepare binds bob, and alice too when she is to be taken back.
func (s *stage) prepare(present bool) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	defer p.stop()
	if err := s.apply(p, bob); err != nil || present {
		return err
	}
	return s.apply(p, alice)
}

// change binds alice or takes her back. A process that is dead stops in the middle.
func (s *stage) change(p *process, present bool) error {
	whole := s.Context
	defer func() { s.Context = whole }()
	if p.outside.cut.forGood {
		s.Context = endingWith(whole, p.outside.broken)
	}
	if present {
		return s.apply(p, alice)
	}
	return s.revoke(p, alice)
}
