package controller

import "testing"

func TestMemoryIsReturnedOnceAfterMuchWork(t *testing.T) {
	const mib = 1 << 20
	tests := map[string]struct {
		now, before, returned uint64
		want                  bool
	}{
		"at work":                        {100 * mib, 50 * mib, 0, false},
		"quiet after work":               {100 * mib, 99 * mib, 0, true},
		"quiet, and returned already":    {101 * mib, 100 * mib, 100 * mib, false},
		"quiet, with little to return":   {10 * mib, 9 * mib, 0, false},
		"quiet again after another load": {200 * mib, 200 * mib, 100 * mib, true},
	}
	for name, test := range tests {
		if got := worthReturning(test.now, test.before, test.returned); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if allocated() == 0 {
		t.Error("this version of Go does not tell how much was allocated")
	}
}
