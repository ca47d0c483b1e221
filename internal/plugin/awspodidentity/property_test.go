package awspodidentity

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// TestWhateverHappenedTheLastWordCounts lets bindings of one account be applied and revoked
// in any order, calls be cut off, controllers be replaced and people interfere. Then what is
// asked for last is what holds, and once everything is revoked nothing is left; and nothing
// of anybody else was ever touched.
func TestWhateverHappenedTheLastWordCounts(t *testing.T) {
	account, server := startCloud(t, eks.Options{})
	server.AddCluster(testCluster, testIssuer)
	roles := []string{account.AddRole("a", "/", podsPolicy, nil), account.AddRole("b", "/", podsPolicy, nil)}
	all := []plugin.Binding{editorOn(roles[0], ""), editorOn(roles[1], ""), editorOn(roles[0], targetRole)}
	byHand := account.AddRole("x", "/", podsPolicy, nil)
	neighbor := server.Associate(eks.Association{Cluster: testCluster, Namespace: "neighbor", ServiceAccount: "default-editor", Role: roles[0]})
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		profile := fmt.Sprintf("run-%d", runs)
		f := startOn(t, account, server)
		interfere := func() {
			if a, ok := server.Of(testCluster, profile, "default-editor"); ok {
				server.Edit(a.ID, func(a *eks.Association) {
					a.Role, a.TargetRole = rapid.SampledFrom([]string{byHand, roles[0]}).Draw(r, "role by hand"), ""
				})
			}
		}
		trouble := []faults.Fault{{}, {}, faults.CutBefore(), faults.CutAfter(), eks.ServerError().ThoughDone(), eks.Throttle()}
		for range rapid.IntRange(0, 8).Draw(r, "steps") {
			b := rapid.SampledFrom(all).Draw(r, "binding")
			strikes := rapid.IntRange(0, 3).Draw(r, "the call that is struck")
			fault := rapid.SampledFrom(trouble).Draw(r, "fault")
			server.Fault(func(eks.Request) faults.Fault {
				if strikes--; strikes == -1 {
					return fault
				}
				return faults.Fault{}
			})
			switch rapid.IntRange(0, 4).Draw(r, "what") {
			case 0, 1:
				_ = f.Apply(t.Context(), profile, b)
			case 2:
				_ = f.Revoke(t.Context(), profile, b)
			case 3:
				f = startOn(t, account, server)
			case 4:
				interfere()
			}
		}
		server.Fault(nil)
		last := rapid.SampledFrom(all).Draw(r, "last")
		w, err := wishOf(profile, last)
		if err == nil {
			err = f.Apply(t.Context(), profile, last)
		}
		if a, _ := server.Of(testCluster, profile, "default-editor"); err != nil || a.Role != w.role || a.TargetRole != w.targetRole {
			r.Fatalf("asked for %+v, %v; EKS has %+v", w, err, a)
		}
		if rapid.Bool().Draw(r, "once more by hand") {
			interfere()
		}
		for _, b := range rapid.Permutation(all).Draw(r, "order") {
			if err := f.Revoke(t.Context(), profile, b); err != nil {
				r.Fatal(err)
			}
		}
		if a, left := server.Of(testCluster, profile, "default-editor"); left {
			r.Fatalf("after all was revoked EKS has %+v", a)
		}
	})
	for _, change := range server.Changes() {
		if change.ID == neighbor.ID && (change.Deleted || change.By != "") {
			t.Errorf("the neighbor's association was touched: %+v", change)
		}
	}
}
