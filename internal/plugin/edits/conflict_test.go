package edits

import (
	"testing"
	"time"
)

func TestAConflictIsReadAgainAtOnceAndNobodyIsTold(t *testing.T) {
	conditional(t, func(f *fixture) {
		interfered := false
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Write && !interfered {
				interfered = true
				f.cloud.set("id", "theirs")
			}
			return answer{}
		})
		f.mustSettle(in("alice"))
		f.wantRequests(2, 2)
		sent := f.cloud.requests("id")
		if pause := sent[2].at.Sub(sent[1].at); pause > 0 {
			t.Errorf("there is a pause of %s after the conflict", pause)
		}
		if !f.cloud.has("id", "alice") || !f.cloud.has("id", "theirs") || f.host.Calls("alice") != 1 {
			t.Errorf("the members are %v, alice was called %d times", f.cloud.history("id"), f.host.Calls("alice"))
		}
	})
}

func TestConflictsWithoutEndAreToldAndPause(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Write {
				f.cloud.set("id", "theirs")
			}
			return answer{}
		})
		f.inLine(in("alice"))
		time.Sleep(DefaultTiming().Gather)
		<-f.host.News("alice")
		if err := f.Ask("id", in("alice")); err == nil || err.Error() != "write id: "+errConflict.Error()+": "+errConflict.Error() {
			t.Errorf("the Profile is told %v", err)
		}
		time.Sleep(time.Minute)
		if n := len(f.cloud.requests("id")); n > 60 {
			t.Errorf("the cloud got %d requests in a minute", n)
		}
		f.cloud.setFault(func(string, Operation) answer { return answer{} })
		f.mustSettle(in("alice"))
	})
}

func TestTheAnswerToAWriteIsBelievedForWhatItSays(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.once(Write, answer{ignored: true})
		f.mustSettle(in("alice"))
		f.wantRequests(2, 2)
		if !f.cloud.has("id", "alice") {
			t.Error("the answer said that alice is not in, and that was not repaired")
		}
	})
}

func TestWritesThatAreUndoneWithoutEndPause(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.cloud.setFault(func(_ string, operation Operation) answer { return answer{ignored: operation == Write} })
		f.inLine(in("alice"))
		time.Sleep(time.Minute)
		if n := len(f.cloud.requests("id")); n < 30 || n > 60 {
			t.Errorf("the cloud got %d requests in a minute", n)
		}
		f.never()
		time.Sleep(time.Minute)
		if !f.cloud.has("id", "alice") {
			t.Error("alice was forgotten")
		}
	})
}

func TestAConditionalWriteWithoutAnAnswerIsLookedInto(t *testing.T) {
	for done, writes := range map[bool]int{true: 1, false: 2} {
		conditional(t, func(f *fixture) {
			f.once(Write, answer{err: errCutOff, done: done})
			f.mustSettle(in("alice"))
			f.wantRequests(2, writes)
			if !f.cloud.has("id", "alice") {
				t.Error("alice is not in")
			}
		})
	}
}
