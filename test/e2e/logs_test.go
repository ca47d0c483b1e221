package e2e

import (
	"bytes"
	"encoding/json"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// TestTheLogIsJSONAndCalmInTheOrdinaryCourse has a Profile come, change, wait for somebody
// and go. None of that is an error of the controller, and nobody should be woken by it.
func TestTheLogIsJSONAndCalmInTheOrdinaryCourse(t *testing.T) {
	f := withoutController(t)
	f.start()
	f.create(MakeProfile("logged").Quota("cpu", "1").Obj(), MakeNamespace("logged-foreign", ""), MakeProfile("logged-foreign").Obj())
	f.awaitReady("logged")
	f.awaitCondition("logged-foreign", profilev1.ConditionReady, profilev1.ReasonForeignNamespace)
	change(f, profileNamed("logged"), func(p *profilev1.Profile) { p.Spec.Owner = user("next@example.com") })
	f.awaitReady("logged")
	f.remove(profileNamed("logged"))
	f.awaitGone(profileNamed("logged"))
	log := f.controller.LogPath
	controller := f.controller
	f.stop()

	lines := 0
	for line := range bytes.Lines(wholeLog(controller)) {
		lines++
		var entry struct{ Level, TS, Msg string }
		if err := json.Unmarshal(line, &entry); err != nil || entry.Level == "" || entry.TS == "" || entry.Msg == "" {
			t.Errorf("not a log entry with level, ts and msg: %s", line)
		}
		if entry.Level != "info" {
			t.Errorf("the log is not calm: %s", line)
		}
	}
	if lines == 0 {
		t.Errorf("there is no log in %s", log)
	}
}
