package edits

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// look has all Profiles call Look, and again when they are called.
func (f *fixture) look(wishes []memberWish) {
	f.t.Helper()
	var waiting []memberWish
	for _, w := range wishes {
		if _, err := f.Look("id", w); err != nil {
			f.wantWaiting(err)
			waiting = append(waiting, w)
		}
	}
	for _, w := range waiting {
		<-f.host.News(w.profile)
	}
	for _, w := range wishes {
		if again, err := f.Look("id", w); err != nil || again <= 0 || again > DefaultTiming().Drift {
			f.t.Errorf("%s is to look again after %s, error %v", w.profile, again, err)
		}
	}
}

// untilDue lets time pass until the next look.
func (f *fixture) untilDue(w memberWish) {
	f.t.Helper()
	again, err := f.Look("id", w)
	if err != nil || again <= 0 {
		f.t.Fatalf("it is to look again after %s, error %v", again, err)
	}
	time.Sleep(again)
}

func TestOneLookADriftIntervalServesAllProfiles(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.cloud.set("id", "team-00", "team-01", "team-02") // As a former process left it.
		started := time.Now()
		f.look(teams(3))
		f.wantRequests(0, 0)
		for n := range 3 {
			f.untilDue(in("team-00"))
			f.look(teams(3))
			f.wantRequests(n+1, 0)
		}
		first := NextLook("id", DefaultTiming().Drift, started)
		for n, s := range f.cloud.requests("id") {
			due := first.Add(time.Duration(n) * DefaultTiming().Drift)
			if late := s.at.Sub(due); late < 0 || late > time.Second {
				t.Errorf("look %d was made at %s, and was due at %s", n, s.at, due)
			}
		}
		if lines := f.logged(); len(lines) > 0 {
			t.Errorf("nothing happened, and the log says %q", lines)
		}
	})
}

func TestDriftIsRepairedAtTheNextLookAndTold(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(teams(3)...)
		f.cloud.set("id", "theirs", "team-01")
		if lines := f.logged(); len(lines) > 0 {
			t.Errorf("what was asked for is told as drift: %q", lines)
		}
		f.untilDue(in("team-00"))
		f.look(teams(3))
		for _, name := range []string{"team-00", "team-01", "team-02", "theirs"} {
			if !f.cloud.has("id", name) {
				t.Errorf("%s is not in", name)
			}
		}
		f.wantRequests(2, 2)
		if lines := f.logged(); len(lines) != 1 || !strings.Contains(lines[0], "somebody else changed") {
			t.Errorf("the log says %q", lines)
		}
	})
}

// TestWhatAnotherProfilesLookHasShownIsActedOn has Profiles come one after the other: the
// second comes when the look of the first is over, long before the next one is due.
func TestWhatAnotherProfilesLookHasShownIsActedOn(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(teams(2)...)
		f.cloud.set("id", "team-00")
		f.untilDue(in("team-00"))
		f.look([]memberWish{in("team-00")})
		if f.cloud.has("id", "team-01") {
			t.Fatal("the first look has put everybody back, so this test shows nothing")
		}
		time.Sleep(DefaultTiming().Drift / 4)
		f.look([]memberWish{in("team-01")})
		if !f.cloud.has("id", "team-01") {
			t.Error("it is still missing")
		}
	})
}

// TestARefusalThatALookHasShownIsToldAndLookedAtAgainSoon has somebody take a member out and
// see to it that it cannot come back, and think better of it.
func TestARefusalThatALookHasShownIsToldAndLookedAtAgainSoon(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(teams(2)...)
		f.cloud.set("id", "team-00")
		f.cloud.banned = "team-01"
		f.untilDue(in("team-00"))
		f.look([]memberWish{in("team-00")})
		again, err := f.Look("id", in("team-01"))
		if err == nil || !strings.Contains(err.Error(), "no room for team-01") || again <= 0 || again > DefaultTiming().Failure {
			t.Fatalf("it is told %v and to look again after %s", err, again)
		}
		f.cloud.banned = ""
		time.Sleep(again)
		f.look([]memberWish{in("team-01")})
		if !f.cloud.has("id", "team-01") {
			t.Error("it is still missing")
		}
	})
}

func TestAnEditDuringALookIsNotTakenForDrift(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(in("alice"))
		f.untilDue(in("alice"))
		_, err := f.Look("id", in("alice"))
		f.wantWaiting(err)
		f.mustSettle(in("bob"))
		f.wantRequests(2, 2)
		if lines := f.logged(); len(lines) > 0 {
			t.Errorf("the log says %q", lines)
		}
	})
}

func TestALookThatIsDueSoonAfterAReadIsNotTheLast(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(in("alice"))
		again, _ := f.Look("id", in("alice"))
		time.Sleep(again - DefaultTiming().Trust/2)
		f.mustSettle(in("bob"))
		time.Sleep(DefaultTiming().Trust / 2)
		f.cloud.set("id", "bob")
		if again, err := f.Look("id", in("alice")); err == nil {
			t.Errorf("a look that is due is answered from memory, with %s", again)
		}
		<-f.host.News("alice")
		if !f.cloud.has("id", "alice") {
			t.Error("alice was not put back")
		}
	})
}

func TestALookThatFindsNoIdentityIsToldUntilItIsTriedAgain(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(in("alice"))
		f.untilDue(in("alice"))
		f.always(errGone)
		_, err := f.Look("id", in("alice"))
		f.wantWaiting(err)
		<-f.host.News("alice")
		again, err := f.Look("id", in("alice"))
		f.wantRefusal(err, "Lasting")
		if again <= 0 || again > DefaultTiming().Failure {
			t.Errorf("it is to look again after %s; want it when the failure is forgotten", again)
		}
		f.wantRequests(2, 1)
		time.Sleep(again)
		f.never()
		f.look([]memberWish{in("alice")})
		f.wantRequests(3, 1)
	})
}

func TestNextLook(t *testing.T) {
	const interval = time.Hour
	now := time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)
	counts := map[time.Duration]int{}
	for n := range 600 {
		identity := fmt.Sprintf("team-%02d", n)
		look := NextLook(identity, interval, now)
		if !look.After(now) || look.After(now.Add(interval)) {
			t.Fatalf("%s is looked at at %s; want it after %s and within %s", identity, look, now, interval)
		}
		if next := NextLook(identity, interval, look); !next.Equal(look.Add(interval)) {
			t.Fatalf("%s is looked at at %s and then at %s; want it once an interval", identity, look, next)
		}
		if earlier := NextLook(identity, interval, look.Add(-time.Nanosecond)); !earlier.Equal(look) {
			t.Fatalf("the time for %s depends on who asks: %s and %s", identity, look, earlier)
		}
		counts[look.Sub(now)/(interval/6)]++
	}
	for part := range time.Duration(6) {
		if counts[part] < 50 || counts[part] > 150 {
			t.Errorf("%d of 600 identities are looked at in part %d of 6: %v", counts[part], part, counts)
		}
	}
}
