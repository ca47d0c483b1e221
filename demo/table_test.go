package main

import (
	"errors"
	"testing"
)

var (
	holding = finding{claim{sentence: "The owner may create a pod", expected: "allowed"}, observation{happened: "allowed", holds: true}}
	broken  = finding{claim{sentence: "The viewer may not read a sécret", expected: "forbidden"},
		observation{happened: "NotFound", err: errors.New("first line\nsecond line")}}
	open = finding{claim{sentence: "No", expected: "exceeded quota"}, observation{happened: "allowed"}}
)

func TestTableOfClaimsThatHold(t *testing.T) {
	const want = `CLAIM                       EXPECTED  HAPPENED
The owner may create a pod  allowed   allowed   ok
The owner may create a pod  allowed   allowed   ok

All 2 claims hold.
`
	if got := renderTable([]finding{holding, holding}, false); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestTableShowsInFullWhatFailed(t *testing.T) {
	const want = `CLAIM                             EXPECTED        HAPPENED
The owner may create a pod        allowed         allowed   ok
The viewer may not read a sécret  forbidden       NotFound  FAILED
No                                exceeded quota  allowed   FAILED

2 of 3 claims do not hold:
  The viewer may not read a sécret
    expected: forbidden
    happened: NotFound: first line
              second line
  No
    expected: exceeded quota
    happened: allowed
`
	if got := renderTable([]finding{holding, broken, open}, false); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestTableInColour(t *testing.T) {
	const want = "\x1b[1mCLAIM                       EXPECTED        HAPPENED\x1b[0m\n" +
		"The owner may create a pod  allowed         allowed   \x1b[32mok\x1b[0m\n" +
		"No                          exceeded quota  allowed   \x1b[1;31mFAILED\x1b[0m\n" +
		"\n\x1b[1;31m1 of 2 claims do not hold:\x1b[0m\n" +
		"  No\n    expected: exceeded quota\n    happened: allowed\n"
	if got := renderTable([]finding{holding, open}, true); got != want {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}
