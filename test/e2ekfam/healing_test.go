package e2ekfam

import (
	"net/http"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestHalfMadePairsAreHealedByTheNextCall has what is left when a process dies between two
// writes: a grant without its policy, and a revocation that left one. The existing API can
// delete neither.
func TestHalfMadePairsAreHealedByTheNextCall(t *testing.T) {
	owner := room(t, "half-made")
	const one, two = "half-one@example.com", "half-two@example.com"
	shared(t, "half-made", one, "edit")
	remove(t, onlyPair(t, "half-made").policy)
	// The same call completes the grant.
	must(t, owner, http.MethodPost, bindingsPath, bindingOf(one, "half-made", "edit"), http.StatusOK, "")
	onlyPair(t, "half-made")

	// Another call does.
	remove(t, onlyPair(t, "half-made").policy)
	must(t, owner, http.MethodPost, bindingsPath, bindingOf(two, "half-made", "view"), http.StatusOK, "")
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(two, "half-made", "view"), http.StatusOK, "")
	onlyPair(t, "half-made")

	// One without a policy can be revoked, and so can one of which only the policy is left.
	remove(t, onlyPair(t, "half-made").policy)
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(one, "half-made", "edit"), http.StatusOK, "")
	shared(t, "half-made", one, "edit")
	remove(t, onlyPair(t, "half-made").binding)
	mayWork(t, one, "half-made", false)
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(one, "half-made", "edit"), http.StatusOK, "")
	if left := pairs(t, "half-made"); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// TestTheSweepHealsAndFollowsTheSettings starts an access API with another user header beside
// half-made pairs. Nobody calls it.
func TestTheSweepHealsAndFollowsTheSettings(t *testing.T) {
	room(t, "swept")
	const stays, lost, orphan = "swept-stays@example.com", "swept-lost@example.com", "swept-orphan@example.com"
	for _, guest := range []string{stays, lost, orphan} {
		shared(t, "swept", guest, "view")
	}
	for _, p := range pairs(t, "swept") {
		switch p.binding.Annotations["user"] {
		case lost:
			remove(t, p.policy)
		case orphan:
			remove(t, p.binding)
		}
	}
	sweeper, err := pg.StartKFAM(t.Context(), playground.KFAMOptions{Flags: unmeshedFlags("-sweep-interval=100ms", "-userid-header=x-changed", "-userid-prefix=p:")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sweeper.Stop(); err != nil {
			t.Error(err)
		}
	})
	soon(t, "the pairs are whole and admit by the new header", func() bool {
		found := pairs(t, "swept")
		for _, p := range found {
			if p.binding == nil || p.policy == nil {
				return false
			}
			when := p.policy.Spec.Rules[0].When[0]
			if when.Key != "request.headers[x-changed]" || when.Values[0] != "p:"+p.binding.Subjects[0].Name {
				return false
			}
		}
		return len(found) == 2
	})
}
