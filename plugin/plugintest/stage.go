package plugintest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// stage is one identity and the processes that work on it.
type stage struct {
	// Context ends when a test takes too long.
	context.Context
	subject  Subject
	identity string
	// before is the identity's first state, since its number, and asked are those for whom it
	// was asked for from then on.
	before State
	since  int
	asked  []Pod

	processes []*process
}

// process is a controller with the plugin, from its start to its end.
type process struct {
	plugin.Plugin
	host    *Host
	outside *outside
	stop    func()
}

func newStage(ctx context.Context, subject Subject) (*stage, error) {
	identity, err := subject.NewIdentity()
	if err != nil {
		return nil, err
	}
	s := &stage{Context: ctx, subject: subject, identity: identity}
	return s, s.begin()
}

// begin makes the present state the one that all later ones are compared with.
func (s *stage) begin() error {
	s.since, s.before = s.states()-1, s.now()
	switch {
	case !s.before.Admits(Stranger) || s.before.Foreign() == "":
		return errors.New("a new identity must admit Stranger and hold something that is not the plugin's, or the tests could not tell when it is lost")
	case s.before.Admits(alice) || s.before.Admits(bob) || s.before.Admits(carol):
		return errors.New("a new identity must admit nobody of this cluster")
	}
	return nil
}

// end stops all processes.
func (s *stage) end() {
	for _, p := range s.processes {
		p.stop()
	}
}

// start starts a process.
func (s *stage) start(c cut) (*process, error) {
	p := &process{host: NewHost(), outside: newOutside(c)}
	var err error
	if p.Plugin, err = s.subject.New(p.host, p.outside); err != nil {
		return nil, err
	}
	stop := run(s.Context, p.Plugin)
	p.stop = func() {
		stop()
		p.outside.to.CloseIdleConnections()
	}
	s.processes = append(s.processes, p)
	return p, nil
}

// binding is what a spec for a pod asks for.
func (s *stage) binding(p plugin.Plugin, pod Pod) (plugin.Binding, error) {
	planned, err := p.Plan(s.Context, pod.Profile, s.subject.Spec(s.identity, pod.ServiceAccount))
	switch {
	case err != nil:
		return plugin.Binding{}, fmt.Errorf("plan a good spec: %w", err)
	case len(planned) != 1 || planned[0].ServiceAccount != pod.ServiceAccount || planned[0].Identity == "":
		return plugin.Binding{}, fmt.Errorf("a spec for %s asks for %+v; want one binding of that account", pod.ServiceAccount, planned)
	}
	return planned[0], nil
}

// apply binds a pod until it is seen to hold.
func (s *stage) apply(p *process, pod Pod) error {
	b, err := s.binding(p, pod)
	if err != nil {
		return err
	}
	s.asked = append(s.asked, pod)
	return s.settle(p, pod, b, true)
}

// revoke takes a pod's binding back until it is seen to be gone.
func (s *stage) revoke(p *process, pod Pod) error {
	b, err := s.binding(p, pod)
	if err != nil {
		return err
	}
	return s.settle(p, pod, b, false)
}

// settle calls Apply or Revoke until it returns nil, and compares the word of the plugin
// with the cloud.
func (s *stage) settle(p *process, pod Pod, b plugin.Binding, present bool) error {
	name, call := "Revoke", p.Revoke
	if present {
		name, call = "Apply", p.Apply
	}
	if err := p.host.Until(s.Context, pod.Profile, func() error { return call(s.Context, pod.Profile, b) }); err != nil {
		return fmt.Errorf("%s for %v: %w", name, pod, err)
	}
	if s.now().Admits(pod) != present {
		return fmt.Errorf("%s for %v returned nil, and the cloud admits it: %t", name, pod, !present)
	}
	return nil
}

func (s *stage) now() State {
	history := s.subject.History(s.identity)
	return history[len(history)-1]
}

// states is how many states the identity has had: it tells whether anything was changed.
func (s *stage) states() int { return len(s.subject.History(s.identity)) }

// sound holds every state so far against the contract: nobody came in who was not asked
// for, nobody else was shut out, and nothing else was touched.
func (s *stage) sound() error {
	for n, state := range s.subject.History(s.identity)[s.since:] {
		if state.Foreign() != s.before.Foreign() {
			return fmt.Errorf("state %d lost or changed what is not the plugin's:\n%s\nwas\n%s", n, state.Foreign(), s.before.Foreign())
		}
		for _, pod := range onlookers() {
			before, now := s.before.Admits(pod), state.Admits(pod)
			switch {
			case now && !before && !slices.Contains(s.asked, pod):
				return fmt.Errorf("state %d admits %v, for whom nobody asked", n, pod)
			case before && !now:
				return fmt.Errorf("state %d shuts out %v, who is none of the plugin's business", n, pod)
			}
		}
	}
	return nil
}
