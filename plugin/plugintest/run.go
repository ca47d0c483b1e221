package plugintest

import (
	"context"
	"testing"
	"time"
)

// rule is one sentence of the contract.
type rule struct {
	name  string
	check func(*stage) error
}

func rules() []rule {
	return []rule{
		{"Plan changes nothing and is stable", planIsStable},
		{"a bad spec is refused by the name of its field", badSpecsAreRefused},
		{"Apply is idempotent", applyIsIdempotent},
		{"Revoke is idempotent", revokeIsIdempotent},
		{"Revoke of what never was succeeds", revokeOfNothing},
		{"Revoke succeeds when the identity is gone", revokeWithoutIdentity},
		{"Apply to what is not there is refused in stable words", applyWithoutIdentity},
		{"many share an identity and leave it one by one", manyShare},
		{"two identities of one account do not take each other away", changeOfIdentity},
		{"Apply may be cut off at any call", applyCutOff},
		{"Revoke may be cut off at any call", revokeCutOff},
		{"a record that was stored still takes back", recordsSurviveStorage},
		{"Check changes nothing that holds", checkLeavesAlone},
		{"Probe changes nothing and foresees what it can", probeOnlyLooks},
		{"Verified tells of what this process saw", verifiedWasSeen},
	}
}

// longestRule ends a plugin that never gets done.
const longestRule = 20 * time.Second

// Run holds a plugin to the contract.
func Run(t *testing.T, subject Subject) {
	t.Helper()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			if err := try(t.Context(), subject, r.check); err != nil {
				t.Error(err)
			}
		})
	}
}

func try(ctx context.Context, subject Subject, check func(*stage) error) error {
	ctx, cancel := context.WithTimeout(ctx, longestRule)
	defer cancel()
	s, err := newStage(ctx, subject)
	if err != nil {
		return err
	}
	defer s.end()
	return check(s)
}
