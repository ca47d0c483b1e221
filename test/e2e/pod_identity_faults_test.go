package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// badLuck decides on the faults of requests to EKS, at random and the same for a seed.
type badLuck struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (b *badLuck) of(eks.Request) faults.Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	kinds := []faults.Fault{eks.Throttle(), eks.ServerError(), eks.ServerError().ThoughDone(), faults.CutBefore(), faults.CutAfter()}
	if b.random.IntN(3) > 0 {
		return faults.Fault{}
	}
	return kinds[b.random.IntN(len(kinds))]
}

// TestPodIdentityEndsAsAskedWhateverHappens kills the controller after some requests to
// EKS, again and again, while a third of all requests fail and Profiles come, change
// their role, and go. In the end EKS has what the Profiles ask for, and nothing of those
// that are gone.
func TestPodIdentityEndsAsAskedWhateverHappens(t *testing.T) {
	f := &podIdentity{withoutController(t), startEKS(t)}
	f.leaveBeforeEKS()
	random := seeded(t)
	luck := &badLuck{random: random}
	first, second := f.podRole("pi-fate-a"), f.podRole("pi-fate-b")
	theirs := f.eks.Associate(eks.Association{Cluster: eksCluster, Namespace: "pi-fate-foreign", ServiceAccount: editor, Role: first})
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("pi-fate-%02d", i))
		f.create(MakeProfile(names[i]).PodIdentity(first).Obj())
	}
	f.spoilEKS(luck.of)
	flags := []string{"-leader-elect=false", "-aws-eks-cluster=" + eksCluster}
	doomed, changed, kept := names[:4], names[4:8], names[8:]
	for round := range 4 {
		f.killAfterRequests(1+random.IntN(20), flags...)
		switch round {
		case 1:
			f.removeProfiles(doomed)
		case 2:
			for _, name := range changed {
				f.associate(name, podIdentitySpec(second))
			}
		}
	}
	f.eks.Fault(nil)
	f.startWith(f.controllerOptions(flags...))
	for _, name := range doomed {
		f.awaitGone(profileNamed(name))
		f.mustBeGiven(name, editor, "")
	}
	for _, name := range changed {
		f.awaitBound(name, second)
		f.mustBeGiven(name, editor, second)
	}
	for _, name := range kept {
		f.awaitBound(name, first)
		f.mustBeGiven(name, editor, first)
	}
	f.mustHaveTouchedNobodyElse(theirs, names)
	f.removeProfiles(names[4:])
	for _, name := range names[4:] {
		f.awaitGone(profileNamed(name))
	}
	mustEqual(t, "what is left in EKS", len(f.eks.Associations()), 1)
	f.stop()
}

// killAfterRequests starts a controller and kills it when it has asked EKS so often, or
// when it is done.
func (f *podIdentity) killAfterRequests(requests int, flags ...string) {
	f.t.Helper()
	f.eks.ResetRequests()
	f.launch(f.controllerOptions(flags...))
	f.killWhenAsked(requests, f.eks.Requests)
}

// mustHaveTouchedNobodyElse looks at all that ever happened.
func (f *podIdentity) mustHaveTouchedNobodyElse(theirs eks.Association, names []string) {
	f.t.Helper()
	for _, c := range f.eks.Changes() {
		if c.By == "" {
			continue
		}
		if c.ID == theirs.ID || c.Cluster != eksCluster || !slices.Contains(names, c.Namespace) || c.ServiceAccount != editor {
			f.t.Errorf("the controller touched %+v", c)
		}
	}
}
