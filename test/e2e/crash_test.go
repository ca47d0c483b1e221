package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// crashing is the number of Profiles that exist while the controller is killed.
const crashing = 50

// seedVariable repeats a run: set it to the seed that a failed run printed.
const seedVariable = "E2E_SEED"

// seeded returns a source of random numbers and prints its seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv(seedVariable); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("%s=%d repeats this run", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, seed))
}

// TestAControllerThatIsKilledAtAnyPointLeavesNothingHalfDone kills the controller after a
// random number of its writes, again and again, while it makes 50 rooms, some of which are
// deleted half made; lets it finish; and does the same while all of them are deleted.
func TestAControllerThatIsKilledAtAnyPointLeavesNothingHalfDone(t *testing.T) {
	f := withoutController(t)
	random := seeded(t)
	names := make([]string, crashing)
	for i := range names {
		names[i] = fmt.Sprintf("crash-%02d", i)
		f.create(MakeProfile(names[i]).Quota("cpu", "1").Obj())
	}
	doomed, kept := names[:5], names[5:]
	for round := range 5 {
		f.killAfter(1 + random.IntN(120))
		if round == 1 {
			f.removeProfiles(doomed)
		}
	}
	f.start("-leader-elect=false")
	f.awaitReady(kept...)
	for _, name := range kept {
		mustBeComplete(f, name)
	}
	f.settle()
	before := f.mark()
	f.restart()
	f.mustHaveBeenSilent(before)
	f.stop()

	f.removeProfiles(kept)
	for range 3 {
		f.killAfter(1 + random.IntN(len(kept)/3))
	}
	f.start("-leader-elect=false")
	for _, name := range names {
		f.awaitGone(profileNamed(name))
	}
	f.awaitNothingLeft("crash-")
	f.stop()
}

// killAfter starts a controller and kills it when it has sent this many writes, or when
// it has nothing left to send.
func (f *fixture) killAfter(writes int) {
	f.t.Helper()
	from := f.auditSize()
	f.launch(playground.ControllerOptions{Flags: []string{"-leader-elect=false"}})
	settled := f.settled()
	f.eventually(fmt.Sprintf("the controller sends %d writes or is done", writes), func() error {
		if sent := f.roughWrites(from); sent < writes && settled() != nil {
			return fmt.Errorf("it has sent %d", sent)
		}
		return nil
	})
	running.kill()
	f.controller = nil
}

// auditSize is where the audit log ends at present.
func (f *fixture) auditSize() int64 {
	f.t.Helper()
	info, err := os.Stat(auditLog())
	if err != nil {
		f.t.Fatal(err)
	}
	return info.Size()
}

// roughWrites counts the controller's writes behind a place in the audit log, fast enough
// to hit a moment between two of them.
func (f *fixture) roughWrites(from int64) int {
	f.t.Helper()
	file, err := os.Open(auditLog())
	if err != nil {
		f.t.Fatal(err)
	}
	defer file.Close()
	log := make([]byte, f.auditSize()-from)
	if _, err := file.ReadAt(log, from); err != nil {
		f.t.Fatal(err)
	}
	count := 0
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte(`"username":"`+controllerUser+`"`)) &&
			(bytes.Contains(line, []byte(`"verb":"create"`)) || bytes.Contains(line, []byte(`"verb":"patch"`))) {
			count++
		}
	}
	return count
}

func (f *fixture) removeProfiles(names []string) {
	f.t.Helper()
	for _, name := range names {
		f.remove(profileNamed(name))
	}
}

// mustBeComplete fails the test unless the room has all its objects, each of them the
// Profile's.
func mustBeComplete(f *fixture, name string) {
	f.t.Helper()
	p := f.profile(name)
	mustBelongTo(f.t, p, live(f, namespaceNamed(name)))
	for _, o := range childrenOf(name) {
		mustBeOurs(f.t, p, live(f, o))
	}
}

// awaitNothingLeft waits until no namespace and no Profile of that prefix is left.
func (f *fixture) awaitNothingLeft(prefix string) {
	f.t.Helper()
	f.eventually("nothing named "+prefix+"* is left", func() error {
		for _, list := range []client.ObjectList{&corev1.NamespaceList{}, &profilev1.ProfileList{}} {
			if err := pg.Client.List(f.ctx, list); err != nil {
				return err
			}
			items, err := itemsOf(list)
			if err != nil {
				return err
			}
			for _, o := range items {
				if strings.HasPrefix(o.GetName(), prefix) {
					return fmt.Errorf("%s is left, with finalizers %v", kindAndName(o), o.GetFinalizers())
				}
			}
		}
		return nil
	})
}
