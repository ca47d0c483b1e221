package e2e

import (
	"strings"
	"testing"
)

// TestBoundProfilesCostIAMNothing watches a controller that has nothing to do, and then a
// new one that finds what the first left behind.
func TestBoundProfilesCostIAMNothing(t *testing.T) {
	f := withAWS(t)
	roles := []string{"calm-a", "calm-b", "calm-c"}
	var arns []string
	for _, role := range roles {
		arns = append(arns, f.role(role, handMadePolicy()))
	}
	f.create(MakeProfile("calm-1").AWS(arns[0]).Obj(), MakeProfile("calm-2").AWS(arns[0], `"serviceAccounts":["default-editor","runner"]`).Obj(),
		MakeProfile("calm-3").AWS(arns[1]).Obj(), MakeProfile("calm-4").AWS(arns[2], `"annotateOnly":true`).Obj())
	f.awaitReady("calm-1", "calm-2", "calm-3", "calm-4")
	f.settle()
	before, mark := requestsFor(roles...), f.mark()
	f.awaitRenewals(2)
	f.mustNotAskFor(before)
	f.restart()
	f.settle()
	f.mustNotAskFor(before)
	for _, w := range f.writesSince(mark) {
		if strings.HasPrefix(w.name, "calm-") || strings.HasPrefix(w.namespace, "calm-") {
			t.Errorf("the controller sent %s, although there was nothing to do", w)
		}
	}
	f.mustAssume(arns[0], "calm-1", editor)
}
