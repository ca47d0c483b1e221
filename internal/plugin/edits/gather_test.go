package edits

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestWishesThatWaitTogetherCostOneWrite(t *testing.T) {
	all := func(f *fixture) {
		f.mustSettle(teams(100)...)
		for _, w := range teams(100) {
			if !f.cloud.has("id", w.profile) || f.host.Calls(w.profile) != 1 {
				f.t.Errorf("%s is in: %t, and was called %d times", w.profile, f.cloud.has("id", w.profile), f.host.Calls(w.profile))
			}
		}
	}
	t.Run("conditional", func(t *testing.T) {
		conditional(t, func(f *fixture) {
			all(f)
			f.wantRequests(1, 1)
		})
	})
	t.Run("lagging", func(t *testing.T) {
		lagging(t, func(f *fixture) {
			all(f)
			f.wantRequests(2, 1)
		})
	})
}

func TestTheLastWordOfAProfileCounts(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.inLine(in("alice"), in("bob"))
		f.mustSettle(out("alice"), in("bob"))
		f.wantRequests(1, 1)
		for _, state := range f.cloud.history("id") {
			if slices.Contains(state.names, "alice") {
				t.Errorf("a wish that was taken back while it waited was carried out: %v", state.names)
			}
		}
	})
}

func TestAWishThatChangesWhileItIsCarriedOutStaysInLine(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Write && !f.cloud.has("id", "alice") {
				f.inLine(out("alice"))
			}
			return answer{}
		})
		f.inLine(in("alice"))
		time.Sleep(time.Second)
		if f.cloud.has("id", "alice") {
			t.Error("the later wish was forgotten")
		}
		f.mustSettle(out("alice"))
		f.wantRequests(2, 2)
	})
}

func TestAProfileWithSeveralWishesIsCalledOnce(t *testing.T) {
	conditional(t, func(f *fixture) {
		second := memberWish{"alice", "second", true}
		f.inLine(in("alice"), second)
		time.Sleep(time.Minute / 2)
		if calls := f.host.Calls("alice"); calls != 1 || !f.cloud.has("id", "alice") || !f.cloud.has("id", "second") {
			t.Errorf("alice was called %d times; the members are %v", calls, f.cloud.history("id"))
		}
	})
}

func TestWhatHoldsAlreadyIsNotWritten(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.cloud.set("id", "alice")
		f.mustSettle(in("alice"), out("bob"))
		f.wantRequests(1, 0)
	})
}

func TestWhatIsKnownIsBelievedForATime(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.mustSettle(in("alice"))
		time.Sleep(DefaultTiming().Trust - time.Second)
		if err := f.Ask("id", in("alice")); err != nil {
			t.Errorf("what was just seen to hold is answered with %v", err)
		}
		f.wantRequests(1, 1)
		time.Sleep(time.Second)
		f.inLine(in("alice"))
		f.mustSettle(in("alice"))
		f.wantRequests(2, 1)
	})
}

func TestWhileMoreProfilesAreToComeNothingIsSent(t *testing.T) {
	tests := map[string]struct {
		backlogFor time.Duration
		servedBy   time.Duration
	}{
		"they come":                   {10 * time.Second, 11 * time.Second},
		"they come without end":       {time.Hour, 31 * time.Second},
		"nobody comes but this one":   {0, time.Second},
		"they come while it is early": {DefaultTiming().GatherAtMost - 2*time.Second, DefaultTiming().GatherAtMost},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			conditional(t, func(f *fixture) {
				asked := time.Now()
				if test.backlogFor > 0 {
					f.host.SetBacklog(1)
					time.AfterFunc(test.backlogFor, func() { f.host.SetBacklog(0) })
				}
				f.mustSettle(in("alice"))
				sent := f.cloud.requests("id")[0].at.Sub(asked)
				if least := min(test.backlogFor, DefaultTiming().GatherAtMost); sent < least || sent > test.servedBy {
					t.Errorf("the first request was sent after %s; want it between %s and %s", sent, least, test.servedBy)
				}
				time.Sleep(test.backlogFor) // The bubble has to outlive what was started in it.
			})
		})
	}
}

// An earlier edit, whatever came of it, is no reason not to wait for others.
func TestMoreProfilesAreWaitedForAgainAfterEachEdit(t *testing.T) {
	for name, outcome := range map[string]answer{"done": {}, "refused": {err: errDenied}} {
		t.Run(name, func(t *testing.T) {
			conditional(t, func(f *fixture) {
				f.once(Write, outcome)
				_ = f.settle(in("alice"))
				time.Sleep(DefaultTiming().Failure)
				f.host.SetBacklog(1)
				f.inLine(in("bob"))
				time.Sleep(DefaultTiming().GatherAtMost - time.Second)
				f.wantRequests(1, 1)
			})
		})
	}
}

func TestWhoComesDuringAnEditHasAWaitOfTheirOwn(t *testing.T) {
	conditional(t, func(f *fixture) {
		f.host.SetBacklog(1)
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Write && !f.cloud.has("id", "alice") {
				f.inLine(in("bob"))
			}
			return answer{}
		})
		f.mustSettle(in("alice"))
		time.Sleep(DefaultTiming().GatherAtMost - time.Second)
		f.wantRequests(1, 1)
		time.Sleep(2 * time.Second)
		f.wantRequests(2, 2)
	})
}

func TestAWriteIsVerifiedWhateverTheBacklog(t *testing.T) {
	lagging(t, func(f *fixture) {
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Write {
				f.host.SetBacklog(1000)
			}
			return answer{}
		})
		f.mustSettle(in("alice"))
		f.wantRequests(2, 1)
		if sent := f.cloud.requests("id"); sent[2].at.Sub(sent[1].at) > time.Second {
			t.Errorf("the write was verified after %s", sent[2].at.Sub(sent[1].at))
		}
	})
}

func TestIdentitiesDoNotWaitForEachOther(t *testing.T) {
	conditional(t, func(f *fixture) {
		answered := make(chan struct{})
		f.cloud.set("slow")
		f.cloud.setFault(func(identity string, _ Operation) answer {
			if identity == "slow" {
				<-answered
			}
			return answer{}
		})
		f.wantWaiting(f.Ask("slow", in("alice")))
		time.Sleep(time.Second)
		f.mustSettle(in("bob"))
		if len(f.cloud.requests("slow")) != 1 || f.cloud.has("slow", "alice") {
			t.Error("the slow identity was not slow, so this test shows nothing")
		}
		close(answered)
		synctest.Wait()
		if !f.cloud.has("slow", "alice") {
			t.Error("the slow identity was not edited")
		}
	})
}

func TestWhoHasNoRoomIsRefusedAndTheOthersAreServed(t *testing.T) {
	lagging(t, func(f *fixture) {
		f.cloud.room, f.cloud.banned = 2, "mallory"
		var served, refused []memberWish
		wishes := append(teams(3), in("mallory"))
		for i, err := range f.together(wishes) {
			if err == nil {
				served = append(served, wishes[i])
				continue
			}
			f.wantRefusal(err, "NoRoom")
			refused = append(refused, wishes[i])
		}
		if len(served) != 2 || len(refused) != 2 || refused[1].profile != "mallory" {
			t.Fatalf("%v are in, and %v are not", served, refused)
		}
		f.wantRequests(2, 1)
		f.mustSettle(out(served[0].profile))
		f.mustSettle(refused[0])
	})
}
