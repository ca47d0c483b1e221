package awsirsa

import "testing"

func TestANewControllerWaitsUntilIAMHasSettled(t *testing.T) {
	timing := DefaultTiming()
	if timing.Settle <= 0 || timing.Hold < timing.Settle || timing.Reread <= 0 {
		t.Errorf("IAM may lag for %s, is read again after %s, and a new controller waits only %s", timing.Settle, timing.Reread, timing.Hold)
	}
}
