package plugintest

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAPluginThatKeepsTheContractPasses(t *testing.T) {
	Run(t, newMemberCloud(t, ""))
}

// Each flaw must be found by the rule that is about it; others may find it too.
func TestEachBreachIsFound(t *testing.T) {
	for flaw, by := range map[string]string{
		"applies when it plans":            "Plan changes nothing and is stable",
		"skips unknown fields":             "a bad spec is refused by the name of its field",
		"does not name the field":          "a bad spec is refused by the name of its field",
		"has errors of its own":            "a bad spec is refused by the name of its field",
		"does nothing":                     "Apply is idempotent",
		"writes every time":                "Apply is idempotent",
		"opens for a moment":               "Apply is idempotent",
		"clears the table first":           "Apply is idempotent",
		"takes all with it":                "many share an identity and leave it one by one",
		"misses what is gone":              "Revoke succeeds when the identity is gone",
		"counts in its messages":           "Apply to what is not there is refused in stable words",
		"says so before it is done":        "Apply may be cut off at any call",
		"gives up when it is cut off":      "Revoke may be cut off at any call",
		"compares settings by their bytes": "a record that was stored still takes back",
		"breaks what it checks":            "Check changes nothing that holds",
		"applies when it probes":           "Probe changes nothing and foresees what it can",
		"sees nothing when it probes":      "Probe changes nothing and foresees what it can",
		"has other words when it probes":   "Probe changes nothing and foresees what it can",
		"verifies by the clock":            "Verified tells of what this process saw",
		"remembers too long":               "Verified tells of what this process saw",

		"takes back by the account alone":         "two identities of one account do not take each other away",
		"loses at a restart whose the account is": "two identities of one account do not take each other away",
		"believes in what it replaced itself":     "two identities of one account do not take each other away",
	} {
		t.Run(flaw, func(t *testing.T) {
			subject := newMemberCloud(t, flaw)
			for _, r := range rules() {
				if r.name != by {
					continue
				}
				err := try(t.Context(), subject, r.check)
				if err == nil {
					t.Fatalf("the rule %q finds nothing", by)
				}
				t.Log(err)
				return
			}
			t.Fatalf("there is no rule %q", by)
		})
	}
}

func TestAnIdentityThatShowsNothingIsNotAccepted(t *testing.T) {
	if err := try(t.Context(), bare{newMemberCloud(t, "")}, applyIsIdempotent); err == nil {
		t.Error("the suite runs on identities on which no loss could be seen")
	}
}

// bare makes identities that nobody uses.
type bare struct{ *memberCloud }

func (b bare) NewIdentity() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.states["bare"] = []members{{}}
	return "bare", nil
}
