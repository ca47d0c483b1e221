package plugintest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// slow is a plugin that works in the background: Apply and Revoke wait until Start has got
// round to the Profile.
type slow struct {
	plugin.Plugin
	host  *Host
	asked chan string
	ready map[string]chan struct{}
	// stopped is closed when Start has returned.
	stopped chan struct{}
	// answer is what Profiles are told in the end.
	answer error
}

func newSlow(profiles ...string) *slow {
	s := &slow{host: NewHost(), asked: make(chan string, 100), ready: map[string]chan struct{}{}, stopped: make(chan struct{})}
	for _, p := range profiles {
		s.ready[p] = make(chan struct{})
	}
	return s
}

func (s *slow) Start(ctx context.Context) error {
	defer close(s.stopped)
	for {
		select {
		case profile := <-s.asked:
			close(s.ready[profile])
			s.host.Again(profile)
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *slow) Apply(_ context.Context, profile string, _ plugin.Binding) error {
	select {
	case <-s.ready[profile]:
		return s.answer
	default:
		s.asked <- profile
		return &plugin.Error{Kind: plugin.Waiting, Reason: "Binding", Message: "Wait."}
	}
}

func (s *slow) Revoke(ctx context.Context, profile string, b plugin.Binding) error {
	return s.Apply(ctx, profile, b)
}

func TestADriverWaitsForNewsAndStopsThePlugin(t *testing.T) {
	p := newSlow("alice", "bob", "carol", "dora")
	d := Drive(t, p, p.host)
	d.MustApply("alice", plugin.Binding{})
	d.MustRevoke("bob", plugin.Binding{})
	if err := errors.Join(d.Together([]string{"carol", "dora"}, p.Apply, plugin.Binding{})...); err != nil {
		t.Error(err)
	}
	d.Stop()
	select {
	case <-p.stopped:
	default:
		t.Error("Stop returned before Start did")
	}
}

func TestSettleReturnsWhatIsNotToBeWaitedFor(t *testing.T) {
	for _, kind := range []plugin.ErrorKind{plugin.Refused, plugin.Retry} {
		p := newSlow("alice")
		p.answer = &plugin.Error{Kind: kind, Reason: "Other", Message: "No."}
		err := Drive(t, p, p.host).Settle("alice", p.Apply, plugin.Binding{})
		if !errors.Is(err, p.answer) || err.Error() != p.answer.Error() {
			t.Errorf("got %v, want %v and nothing else", err, p.answer)
		}
	}
}

func TestInLineHasEachAskWhileThereAreMoreToCome(t *testing.T) {
	p := newSlow("alice", "bob")
	d := Drive(t, backlogged{p, t}, p.host)
	d.InLine([]string{"alice", "bob"}, plugin.Binding{})
	d.AwaitNews("alice")
	d.AwaitNews("bob")
	if n := p.host.Backlog(); n != 0 {
		t.Errorf("the backlog is %d afterwards", n)
	}
}

// backlogged looks at the backlog when it is asked.
type backlogged struct {
	*slow
	t *testing.T
}

func (b backlogged) Apply(ctx context.Context, profile string, binding plugin.Binding) error {
	if b.host.Backlog() == 0 {
		b.t.Errorf("%s asks while there are no more to come", profile)
	}
	return b.slow.Apply(ctx, profile, binding)
}

// trial is a test that may fail.
type trial struct {
	testing.TB
	words []string
}

func (r *trial) Errorf(format string, details ...any) {
	r.words = append(r.words, fmt.Sprintf(format, details...))
}

func (r *trial) Fatalf(format string, details ...any) {
	r.Errorf(format, details...)
	runtime.Goexit()
}

// failures are what a test says that fails.
func failures(t *testing.T, test func(testing.TB)) []string {
	t.Helper()
	r := &trial{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r.words
}

func TestADriverFailsTheTestWhenThePluginFails(t *testing.T) {
	p := newSlow("alice")
	p.answer = &plugin.Error{Kind: plugin.Retry, Reason: "Other", Message: "No."}
	for name, do := range map[string]func(*Driver){
		"apply for alice":                  func(d *Driver) { d.MustApply("alice", plugin.Binding{}) },
		"revoke for alice":                 func(d *Driver) { d.MustRevoke("alice", plugin.Binding{}) },
		"the first call for alice is answ": func(d *Driver) { d.InLine([]string{"alice"}, plugin.Binding{}) },
	} {
		close(p.ready["alice"])
		got := failures(t, func(tb testing.TB) { do(&Driver{Host: p.host, tb: tb, plugin: p}) })
		if len(got) != 1 || !strings.HasPrefix(got[0], name) {
			t.Errorf("got %q, want it to begin with %q", got, name)
		}
		p.ready["alice"] = make(chan struct{})
	}
}

func TestWantErrorTellsErrorsApart(t *testing.T) {
	refused := &plugin.Error{Kind: plugin.Refused, Reason: "Gone", Message: "It is gone."}
	tests := map[string]struct {
		err  error
		says []string
		want []string
	}{
		"right":        {refused, []string{"is gone", "It"}, nil},
		"nothing":      {nil, nil, []string{"got no error, want Refused with the reason Gone"}},
		"other kind":   {&plugin.Error{Kind: plugin.Retry, Reason: "Gone", Message: "x"}, nil, []string{"got Retry with the reason Gone, want Refused with the reason Gone: x"}},
		"other reason": {&plugin.Error{Kind: plugin.Refused, Reason: "Lost", Message: "x"}, nil, []string{"got Refused with the reason Lost, want Refused with the reason Gone: x"}},
		"other words":  {refused, []string{"gone", "lost", "found"}, []string{`the message is "It is gone."; want it to say "lost"`, `the message is "It is gone."; want it to say "found"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := failures(t, func(tb testing.TB) { WantRefusal(tb, test.err, "Gone", test.says...) })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the test says (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATallyCountsByOperationAndResult(t *testing.T) {
	var tally Tally
	if n := len(tally.Counts()); n != 0 {
		t.Errorf("it begins with %d", n)
	}
	for _, result := range []string{"ok", "throttled", "ok"} {
		tally.Observe("GetRole", result)
	}
	if diff := cmp.Diff(map[string]int{"GetRole ok": 2, "GetRole throttled": 1}, tally.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestProfilesAreNamedApart(t *testing.T) {
	if names := Profiles(3); !slices.Equal(names, []string{"team-00", "team-01", "team-02"}) {
		t.Errorf("got %v", names)
	}
}
