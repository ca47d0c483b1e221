package plugintest

import "fmt"

// changeOfIdentity has somebody name another identity for an account, and somebody else think
// better of it before the first one was taken back. The controller binds what is new before
// it takes back what is old. Where a cloud has room for one identity of each account, the
// new one then stands in the place of the old one: Revoke must not take that away, and
// Apply must not believe that the old one is still there.
func changeOfIdentity(s *stage) error {
	for _, back := range []bool{false, true} {
		for _, restarts := range []bool{false, true} {
			if err := changeOnce(s, back, restarts); err != nil {
				return fmt.Errorf("alice changed to another identity (and back again: %t; a restart before each call: %t): %w", back, restarts, err)
			}
		}
	}
	return nil
}

// changeOnce leaves alice with the second of two new identities, or with the first one.
func changeOnce(outer *stage, back, restarts bool) error {
	first, err := newStage(outer.Context, outer.subject)
	if err != nil {
		return err
	}
	second, err := newStage(outer.Context, outer.subject)
	if err != nil {
		return err
	}
	if err := first.begin(); err != nil { // Making the second may have shown on the first.
		return err
	}
	s := &succession{on: first, restarts: restarts}
	defer first.end()
	kept, former := second, first
	calls := []call{{first, (*stage).apply}, {second, (*stage).apply}, {first, (*stage).revoke}}
	if back {
		kept, former = first, second
		calls = []call{{first, (*stage).apply}, {second, (*stage).apply}, {second, (*stage).revoke}, {first, (*stage).apply}}
	}
	for n, c := range calls {
		if err := s.make(c); err != nil {
			return fmt.Errorf("call %d: %w", n+1, err)
		}
	}
	switch {
	case !kept.now().Admits(alice):
		return fmt.Errorf("taking %s back took %s with it", former.identity, kept.identity)
	case former.now().Admits(alice):
		return fmt.Errorf("%s was taken back and still admits %v", former.identity, alice)
	}
	if err := first.sound(); err != nil {
		return err
	}
	return second.sound()
}

// call is Apply or Revoke of alice's binding to the identity of a stage.
type call struct {
	about *stage
	do    func(*stage, *process, Pod) error
}

// succession is one process that makes all calls, or one after the other that make one each.
type succession struct {
	on       *stage
	restarts bool
	now      *process
}

func (s *succession) make(c call) error {
	if s.now != nil && s.restarts {
		s.now.stop()
		s.now = nil
	}
	if s.now == nil {
		var err error
		if s.now, err = s.on.start(cut{}); err != nil {
			return err
		}
	}
	return c.do(c.about, s.now, alice)
}
