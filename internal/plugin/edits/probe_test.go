package edits

import (
	"errors"
	"testing"
	"time"
)

// probe asks as the controller does until there is an answer.
func (f *fixture) probe(w memberWish) error {
	f.t.Helper()
	return f.host.Until(f.t.Context(), w.profile, func() error { return f.Probe("id", w) })
}

func TestAProbeReadsAndWritesNothing(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.host.SetBacklog(100) // A probe does not wait for others.
		begun := time.Now()
		for _, w := range teams(20) {
			if err := f.probe(w); err != nil {
				t.Fatal(err)
			}
		}
		if taken := time.Since(begun); taken > time.Second {
			t.Errorf("it took %s", taken)
		}
		f.wantRequests(1, 0)
		f.host.SetBacklog(0)
		f.mustSettle(teams(20)...)
		f.wantRequests(2, 1) // An edit goes out from a state that was read for it.
	})
}

// TestOneReadAnswersProbesThatComeDuringIt has them come while the budget is waited for.
func TestOneReadAnswersProbesThatComeDuringIt(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.wantWaiting(f.Probe("id", in("early")))
		f.cloud.setFault(func(string, Operation) answer {
			f.wantWaiting(f.Probe("id", in("late")))
			return answer{}
		})
		for _, name := range []string{"early", "late"} {
			<-f.host.News(name)
			if err := f.Probe("id", in(name)); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Second)
		f.wantRequests(1, 0)
	})
}

func TestAProbeTellsWhatStandsInTheWay(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.cloud.banned = "alice"
		f.wantRefusal(f.probe(in("alice")), "NoRoom")
		if err := f.probe(in("bob")); err != nil {
			t.Error(err)
		}
		f.always(errDenied)
		time.Sleep(2 * time.Minute) // What was read is no longer believed.
		f.wantRefusal(f.probe(in("bob")), "Lasting")
		f.wantRefusal(f.Probe("id", in("carl")), "Lasting") // Without another request.
		f.wantRequests(2, 0)
		f.never()
		time.Sleep(2 * time.Minute)
		if err := f.probe(in("bob")); err != nil {
			t.Errorf("it is refused although it can be read again: %v", err)
		}
	})
}

// TestAProbeDoesNotTakeThePlaceOfAnEdit has a Profile want in again while it waits to be taken out.
func TestAProbeDoesNotTakeThePlaceOfAnEdit(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(in("alice"))
		time.Sleep(2 * time.Minute)
		f.inLine(out("alice"))
		f.wantWaiting(f.Probe("id", in("alice")))
		time.Sleep(time.Second)
		if f.cloud.has("id", "alice") {
			t.Error("it was not taken out")
		}
	})
}

func TestAnEditTakesThePlaceOfAProbe(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.wantWaiting(f.Probe("id", in("alice")))
		f.mustSettle(in("alice"))
		f.wantRequests(1, 1)
	})
}

func TestAProbeWaitsOutPassingTrouble(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.once(Read, answer{err: errCutOff})
		err := f.probe(in("alice"))
		if err != nil && !errors.Is(err, errCutOff) {
			t.Errorf("it is told %v", err)
		}
		f.wantRequests(2, 0)
	})
}
