package edits

import (
	"errors"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// always has each request fail.
func (f *fixture) always(err error) {
	f.cloud.setFault(func(string, Operation) answer { return answer{err: err} })
}

func (f *fixture) never() {
	f.cloud.setFault(func(string, Operation) answer { return answer{} })
}

func TestPassingTroubleIsToldOnceAndForgetsNobody(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.always(errCutOff)
		f.inLine(in("alice"), in("bob"))
		time.Sleep(time.Minute)
		for _, profile := range []string{"alice", "bob"} {
			if calls := f.host.Calls(profile); calls != 1 {
				t.Errorf("%s was called %d times about the same trouble", profile, calls)
			}
		}
		if err := f.Ask("id", in("alice")); !errors.Is(err, errCutOff) || plugin.AsError(err).Kind != plugin.Waiting {
			t.Errorf("the Profile is told %v; want to wait for the trouble to pass", err)
		}
		f.always(errThrottled)
		time.Sleep(2 * time.Minute)
		if calls := f.host.Calls("alice"); calls != 2 {
			t.Errorf("alice was called %d times; want it once for each trouble", calls)
		}
		f.never()
		time.Sleep(2 * time.Minute)
		if !f.cloud.has("id", "alice") || !f.cloud.has("id", "bob") || f.host.Calls("alice") != 3 {
			t.Errorf("the members are %v, alice was called %d times", f.cloud.history("id"), f.host.Calls("alice"))
		}
	})
}

// Profiles that are told of trouble ask again, which must not shorten the pause.
func TestPausesGrowWhateverIsAskedMeanwhile(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.always(errCutOff)
		for range 60 {
			f.inLine(in("alice"))
			time.Sleep(time.Second)
		}
		// Half a second, one, two, four, …
		if n := len(f.cloud.requests("id")); n < 6 || n > 8 {
			t.Errorf("the cloud got %d requests in a minute of trouble", n)
		}
	})
}

func TestTroubleIsForgottenOnceThereIsAnAnswer(t *testing.T) {
	for name, end := range map[string]error{"done": nil, "refused": errDenied} {
		t.Run(name, func(t *testing.T) {
			conditional(t, func(f *fixture) {
				f.always(errCutOff)
				f.inLine(in("alice"))
				time.Sleep(10 * time.Minute)
				f.always(end)
				if err := f.settle(in("alice")); !errors.Is(err, end) {
					t.Fatalf("the end is %v, want %v", err, end)
				}
				time.Sleep(DefaultTiming().Failure)
				f.once(Read, answer{err: errCutOff})
				began := time.Now()
				if err := f.Ask("id", in("bob")); errors.Is(err, errCutOff) {
					t.Errorf("the trouble that is over is told: %v", err)
				}
				f.mustSettle(in("bob"))
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("one fault held bob up for %s", took)
				}
			})
		})
	}
}

func TestALastingFailureCostsOneRequestForAllProfiles(t *testing.T) {
	tests := map[string]struct {
		fault error
		state string
	}{"not allowed": {errDenied, ""}, "gone": {errGone, ""}, "cannot be edited": {nil, "broken"}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			conditional(t, func(f *fixture) {
				if f.always(test.fault); test.state != "" {
					f.cloud.set("id", test.state)
				}
				for _, err := range append(f.together(teams(25)), f.together(teams(50))...) {
					f.wantRefusal(err, "Lasting")
				}
				f.wantRequests(1, 0)
				time.Sleep(DefaultTiming().Failure - time.Second)
				f.wantRefusal(f.Ask("id", in("alice")), "Lasting")
				time.Sleep(time.Second)
				f.never()
				f.cloud.set("id")
				f.mustSettle(in("alice"))
				f.wantRequests(2, 1)
				if again, err := f.Look("id", in("alice")); err != nil || again <= 0 {
					t.Errorf("the failure that is over still counts: look again after %s, error %v", again, err)
				}
			})
		})
	}
}

func TestAWriteThatIsRefusedIsToldAndWhatWasKnownIsForgotten(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(in("alice"))
		f.once(Write, answer{err: errDenied})
		f.wantRefusal(f.settle(in("bob")), "Lasting")
		f.wantRefusal(f.Ask("id", in("alice")), "Lasting")
		time.Sleep(DefaultTiming().Failure)
		f.inLine(in("alice"))
		f.mustSettle(in("alice"), in("bob"))
	}, func(o *Options) { o.Timing.Trust = time.Hour })
}

func TestTheCloudSaysWhatAFailureMeansForAWish(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.always(errGone)
		f.wantRefusal(f.settle(in("alice")), "Lasting")
		if err := f.Ask("id", out("bob")); err != nil {
			t.Errorf("the identity is gone, and yet taking out is answered with %v", err)
		}
		f.wantRequests(1, 0)
	})
	conditional(t, func(f *fixture) {
		f.cloud.set("id", "bob")
		f.once(Read, answer{err: errDenied})
		f.wantRefusal(f.settle(in("alice")), "Lasting")
		f.mustSettle(out("bob"))
		if f.cloud.has("id", "bob") {
			t.Error("bob is held up by who cannot be let in")
		}
	})
}

func TestRequestsAreRationedAndThrottlingSlowsThemDown(t *testing.T) {
	// At one request a second ten take eight seconds, since the first two are a burst.
	tests := map[string]struct {
		fault       error
		least, most time.Duration
	}{
		"no faults":         {nil, 8 * time.Second, 9 * time.Second},
		"a passing fault":   {errCutOff, 8 * time.Second, 13 * time.Second},
		"three throttlings": {errThrottled, 30 * time.Second, time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			conditional(t, func(f *fixture) {
				faults := 0
				f.cloud.setFault(func(string, Operation) answer {
					if faults++; faults <= 3 {
						return answer{err: test.fault}
					}
					return answer{}
				})
				began := time.Now()
				for len(f.cloud.requests("id")) < 10 {
					f.mustSettle(in("alice"))
					f.mustSettle(out("alice"))
				}
				if took := f.cloud.requests("id")[9].at.Sub(began); took < test.least || took > test.most {
					t.Errorf("ten requests took %s; want %s to %s", took, test.least, test.most)
				}
			}, func(o *Options) { o.Budget = ration.NewBudget(1) })
		})
	}
}

func TestTheControllerEndsWhileItWaitsForItsShare(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.inLine(in("alice"))
		time.Sleep(time.Minute)
		f.inLine(in("bob"))
		time.Sleep(time.Minute)
		f.wantRequests(1, 0)
	}, func(o *Options) { o.Budget = ration.NewBudget(0.0001) })
}
