package edits

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestANewProcessSendsNothingUntilWhatTheFormerOneWroteHasSettled(t *testing.T) {
	const hold = 10 * time.Second
	lagging(t, func(f *fixture) {
		started := time.Now()
		f.cloud.set("id", "alice")
		f.cloud.set("id") // The former process took alice out just before it ended.
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Read && time.Since(started) < hold {
				return answer{behind: 1}
			}
			return answer{}
		})
		f.mustSettle(in("carol"))
		if f.cloud.has("id", "alice") || !f.cloud.has("id", "carol") {
			t.Errorf("the members are %v; want carol alone", f.cloud.history("id"))
		}
		if sent := f.cloud.requests("id")[0].at.Sub(started); sent < hold || sent > hold+time.Second {
			t.Errorf("the first request was sent %s after the start, want it %s after", sent, hold)
		}
	}, func(o *Options) { o.Timing.Hold = hold })
}

func TestAStaleReadIsReadAgain(t *testing.T) {
	// The reads are: to edit, to verify, and again to edit, to verify.
	for name, stale := range map[string][]int{"to verify": {2, 3}, "to edit": {3, 4, 5}} {
		t.Run(name, func(t *testing.T) {
			lagging(t, func(f *fixture) {
				reads := 0
				f.cloud.setFault(func(_ string, operation Operation) answer {
					if operation == Read {
						reads++
					}
					if operation == Read && slices.Contains(stale, reads) {
						return answer{behind: 1}
					}
					return answer{}
				})
				f.mustSettle(in("alice"))
				f.mustSettle(in("bob"))
				f.wantRequests(4+len(stale), 2)
				if !f.cloud.has("id", "alice") || !f.cloud.has("id", "bob") {
					t.Errorf("a stale read undid a write: %v", f.cloud.history("id"))
				}
			})
		})
	}
}

func TestAnOldStateIsBelievedOnceTheCloudMustHaveSettled(t *testing.T) {
	lagging(t, func(f *fixture) {
		done := false
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Read && f.cloud.has("id", "alice") && !done {
				done = true
				f.cloud.set("id") // Somebody puts the old state back.
			}
			return answer{}
		})
		began := time.Now()
		f.mustSettle(in("alice"))
		if took := time.Since(began); !done || !f.cloud.has("id", "alice") || took < laggingTiming().Settle || took > 2*laggingTiming().Settle {
			t.Errorf("put back: %t; repaired: %t, after %s", done, f.cloud.has("id", "alice"), took)
		}
	})
}

func TestWhatWasWrittenHoldsAlthoughItWasReplacedBefore(t *testing.T) {
	lagging(t, func(f *fixture) {
		began := time.Now()
		f.mustSettle(in("alice"))
		f.mustSettle(out("alice"))
		f.mustSettle(in("alice"))
		if took := time.Since(began); !f.cloud.has("id", "alice") || took > laggingTiming().Settle {
			t.Errorf("alice is in: %t, after %s", f.cloud.has("id", "alice"), took)
		}
		f.wantRequests(6, 3)
	})
}

func TestAConditionDoesNotMakeAStaleReadTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newMemoryCloud()
		f := start(t, cloud, etagLagging{cloud}, laggingTiming())
		f.mustSettle(in("alice"))
		f.once(Read, answer{behind: 1})
		f.mustSettle(out("alice"))
		if f.cloud.has("id", "alice") {
			t.Error("alice is said to be out because she is not in a state from before")
		}
		f.wantRequests(3, 2)
	})
}

func TestAWriteWithoutAnAnswerIsNotBelievedEitherWay(t *testing.T) {
	tests := map[string]struct {
		done   bool
		stale  int // How many reads show the state from before a write that was done.
		writes int
	}{
		"it was done":                     {true, 0, 1},
		"it was done, which shows late":   {true, 5, 1},
		"it was not done":                 {false, 0, 2},
		"it was done and is shown as not": {true, 15, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			lagging(t, func(f *fixture) {
				writes, stale := 0, test.stale
				f.cloud.setFault(func(_ string, operation Operation) answer {
					switch {
					case operation == Write:
						if writes++; writes == 1 {
							return answer{err: errCutOff, done: test.done}
						}
					case writes == 1 && stale > 0:
						stale--
						return answer{behind: 1}
					}
					return answer{}
				})
				began := time.Now()
				f.mustSettle(in("alice"))
				if !f.cloud.has("id", "alice") || stale > 0 {
					t.Errorf("alice is in: %t; %d stale reads did not happen", f.cloud.has("id", "alice"), stale)
				}
				if writes != test.writes {
					t.Errorf("it took %d writes, want %d", writes, test.writes)
				}
				if took := time.Since(began); !test.done && took < laggingTiming().Settle {
					t.Errorf("the write was taken for not done after %s", took)
				}
			})
		})
	}
}

func TestAWriteThatWasSurelyNotDoneIsTriedAgainSoon(t *testing.T) {
	lagging(t, func(f *fixture) {
		f.once(Write, answer{err: errThrottled})
		began := time.Now()
		f.mustSettle(in("alice"))
		f.wantRequests(3, 2)
		if took := time.Since(began); took >= laggingTiming().Settle {
			t.Errorf("it took %s, as if the write could have been done", took)
		}
	})
}

func TestALostUpdateIsDoneAgain(t *testing.T) {
	lagging(t, func(f *fixture) {
		reads := 0
		f.cloud.setFault(func(_ string, operation Operation) answer {
			if operation == Read {
				if reads++; reads == 2 {
					f.cloud.set("id", "theirs") // Somebody writes what they had read before us.
				}
			}
			return answer{}
		})
		f.mustSettle(in("alice"))
		f.wantRequests(3, 2)
		if !f.cloud.has("id", "alice") || !f.cloud.has("id", "theirs") {
			t.Errorf("the members are %v; want both changes", f.cloud.history("id"))
		}
	})
}
