package e2e

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// faultSequencesVariable sets how many sequences TestNoFaultOpensARole runs.
const faultSequencesVariable = "E2E_FAULT_SEQUENCES"

// faultSequences is how many it runs when nobody says otherwise.
const faultSequences = 200

// faultFlags are those of the controller that is killed. Nobody else leads, so that the
// next one need not wait for a lease.
var faultFlags = []string{"-leader-elect=false", "-aws-requests-per-second=1000"}

// TestNoFaultOpensARole runs random sequences of what people do with Profiles, two of them
// on each pair of roles that others use as well, while IAM fails in all its ways and the
// controller is killed. In the end the roles must say just what the Profiles say, the
// statements of others must be as they were, and at no moment may a role have been open to
// an account that no spec named.
func TestNoFaultOpensARole(t *testing.T) {
	f := withoutController(t)
	random := seeded(t)
	log := newNamings()
	stopWatching := log.watch(f, faultPrefix)
	var sequences []*sequence
	for i := range sequenceCount(t) {
		sequences = append(sequences, newSequence(f, log, i, random.Uint64()))
	}
	for _, role := range faultRoles(sequences) {
		aws.AddRole(role, "/", handMadePolicy(), nil)
		f.spoil(role, newWeather(random.Uint64()).over(role))
	}

	working := make(chan struct{})
	var group sync.WaitGroup
	for _, s := range sequences {
		group.Go(s.run)
	}
	go func() { group.Wait(); close(working) }()
	kills := f.keepKilling(working, func() time.Duration { return time.Duration(500+random.IntN(4000)) * time.Millisecond })
	faults := mustHaveHadFaults(f, len(sequences))

	for _, role := range faultRoles(sequences) {
		f.heal(role)
	}
	f.launch(playground.ControllerOptions{Flags: append([]string{"-aws-drift-check-interval=2s"}, faultFlags...), Environment: aws.Environment()})
	for _, s := range sequences {
		s.awaitArrived(f)
	}
	awaitExactly(f, log, sequences)
	stopWatching()
	states := mustNeverHaveBeenOpen(f, log, sequences)
	steps := 0
	for _, s := range sequences {
		steps += s.steps
	}
	t.Logf("%d sequences, %d steps, %d kills, faults %v, %d states of %d trust policies", len(sequences), steps, kills, faults, states, len(faultRoles(sequences)))
	f.stop()
}

func sequenceCount(t *testing.T) int {
	t.Helper()
	given := os.Getenv(faultSequencesVariable)
	if given == "" {
		return faultSequences
	}
	count, err := strconv.Atoi(given)
	if err != nil || count < 1 {
		t.Fatalf("%s=%s must be a number of sequences", faultSequencesVariable, given)
	}
	return count
}

// keepKilling has controllers work, each until it is killed after a pause, as long as there
// is something to do.
func (f *fixture) keepKilling(working <-chan struct{}, pause func() time.Duration) (kills int) {
	f.t.Helper()
	for {
		launched()
		f.launch(playground.ControllerOptions{Flags: faultFlags, Environment: aws.Environment()})
		select {
		case <-working:
			running.kill()
			f.controller = nil
			return kills + 1
		case <-time.After(pause()):
			running.kill()
			f.controller = nil
			kills++
		}
	}
}

// faultRoles are the roles of the sequences, each once.
func faultRoles(sequences []*sequence) []string {
	seen := map[string]bool{}
	var roles []string
	for _, s := range sequences {
		for _, role := range s.roles {
			if !seen[role] {
				seen[role] = true
				roles = append(roles, role)
			}
		}
	}
	return roles
}

func roleARN(role string) string { return fmt.Sprintf("arn:aws:iam::123456789012:role/%s", role) }
