package awspodidentity

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

var (
	madeAnew   = map[string]int{"ListPodIdentityAssociations": 1, "CreatePodIdentityAssociation": 1}
	looked     = map[string]int{"ListPodIdentityAssociations": 1, "DescribePodIdentityAssociation": 1}
	nothingIs  = map[string]int{"ListPodIdentityAssociations": 1}
	takenBack  = with(looked, "DeletePodIdentityAssociation")
	updated    = with(with(looked, "UpdatePodIdentityAssociation"), "TagResource")
	noRequests = map[string]int{}
)

func with(requests map[string]int, action string) map[string]int {
	more := maps.Clone(requests)
	more[action]++
	return more
}

func TestAnAssociationIsMadeLookedAfterAndTakenBack(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), targetRole)
	f.MustApply("alice", b)
	if asked := f.server.RequestsFor("alice"); !maps.Equal(asked, madeAnew) {
		t.Errorf("of the namespace alone EKS got %v; want all to be about it", asked)
	}
	f.wantRequests(madeAnew)
	f.wantRoles("alice", f.role("r"), targetRole)
	tags := map[string]string{TagProfile: "alice", TagManagedBy: "profile-controller"}
	if a := f.association("alice"); a.Tags[TagBinding] == "" || !isSubset(tags, a.Tags) || len(a.Tags) != 3 {
		t.Errorf("the association has the tags %v", a.Tags)
	}
	f.MustApply("alice", b)
	f.wantRequests(looked)
	if again := f.check("alice", b); again < f.memory.timing.Drift/4 {
		t.Errorf("what was just seen is looked at again after %s", again)
	}
	f.wantRequests(noRequests)
	f.MustRevoke("alice", b)
	f.wantRequests(takenBack)
	f.wantNone("alice")
	f.MustRevoke("alice", b)
	f.wantRequests(nothingIs)
}

func isSubset(some, all map[string]string) bool {
	for key, value := range some {
		if all[key] != value {
			return false
		}
	}
	return true
}

// TestAChangeOfRoleLeavesNoGap goes the way of the ledger: apply what is new, then revoke
// what is old.
func TestAChangeOfRoleLeavesNoGap(t *testing.T) {
	f := start(t)
	a, b := f.role("a"), f.role("b")
	steps := []struct{ from, to plugin.Binding }{
		{editorOn(a, ""), editorOn(b, "")},
		{editorOn(b, ""), editorOn(b, targetRole)},
		{editorOn(b, targetRole), editorOn(a, targetRole+"-2")},
		{editorOn(a, targetRole+"-2"), editorOn(a, "")},
	}
	f.MustApply("alice", steps[0].from)
	id := f.association("alice").ID
	for _, step := range steps {
		f.server.ResetRequests()
		f.MustApply("alice", step.to)
		f.wantRequests(updated)
		f.MustRevoke("alice", step.from)
		f.wantRequests(looked)
		if w, err := wishOf("alice", step.to); err != nil || f.association("alice").ID != id {
			t.Fatalf("the association is another one: %v", err)
		} else {
			f.wantRoles("alice", w.role, w.targetRole)
		}
	}
	for _, change := range f.server.Changes() {
		if change.Deleted {
			t.Error("the association was deleted in between")
		}
	}
}

func TestARefusedChangeOfRoleKeepsTheOldOne(t *testing.T) {
	f := start(t)
	a := f.role("a")
	f.MustApply("alice", editorOn(a, ""))
	missing := editorOn("arn:aws:iam::123456789012:role/missing", "")
	plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", missing), profilev1.ReasonIdentityNotFound)
	f.MustRevoke("alice", missing)
	f.wantRoles("alice", a, "")
}

// TestAChangeThatIsTakenBackComesBack is a Profile that asks for B and, when EKS has it
// already and before A was revoked, for A again: the ledger revokes B and checks A.
func TestAChangeThatIsTakenBackComesBack(t *testing.T) {
	f := start(t)
	a, b := editorOn(f.role("a"), ""), editorOn(f.role("b"), "")
	f.MustApply("alice", a)
	f.MustApply("alice", b)
	f.MustRevoke("alice", b)
	if f.Host.Calls("alice") != 1 {
		t.Errorf("the Profile was called %d times, want once", f.Host.Calls("alice"))
	}
	f.check("alice", a)
	f.wantRoles("alice", f.role("a"), "")
}

func TestBothBindingsOfAProfileThatLeavesMayBeRevokedInAnyOrder(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		f := start(t)
		both := [2]plugin.Binding{editorOn(f.role("a"), ""), editorOn(f.role("b"), "")}
		f.MustApply("alice", both[0])
		f.MustApply("alice", both[1])
		f.MustRevoke("alice", both[order[0]])
		f.MustRevoke("alice", both[order[1]])
		f.wantNone("alice")
	}
}

func TestDriftIsRepaired(t *testing.T) {
	tests := map[string]func(f *fixture, a eks.Association){
		"deleted":       func(f *fixture, a eks.Association) { f.server.Disassociate(a.ID) },
		"another role":  func(f *fixture, a eks.Association) { f.edit(a, func(a *eks.Association) { a.Role = f.role("x") }) },
		"a target role": func(f *fixture, a eks.Association) { f.edit(a, func(a *eks.Association) { a.TargetRole = targetRole }) },
		"the mark is gone": func(f *fixture, a eks.Association) {
			f.edit(a, func(a *eks.Association) { delete(a.Tags, TagBinding) })
		},
		"nothing was wrong": func(*fixture, eks.Association) {},
	}
	for name, drift := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			b := editorOn(f.role("r"), "")
			f.MustApply("alice", b)
			drift(f, f.association("alice"))
			f.overdue("alice")
			f.check("alice", b)
			f.server.ResetRequests()
			if again := f.check("alice", b); again < f.memory.timing.Drift/4 {
				t.Errorf("the next look is after %s", again)
			}
			f.wantRequests(noRequests)
			f.wantRoles("alice", f.role("r"), "")
			if w, err := wishOf("alice", b); err != nil || f.association("alice").Tags[TagBinding] != w.mark() {
				t.Errorf("the tags are %v", f.association("alice").Tags)
			}
		})
	}
}

func (f *fixture) edit(a eks.Association, change func(*eks.Association)) {
	f.server.Edit(a.ID, change)
}

func TestWhatSomebodyChangedByHandIsTakenBackAllTheSame(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	f.MustApply("alice", b)
	f.edit(f.association("alice"), func(a *eks.Association) { a.Role = f.role("x") })
	f.MustRevoke("alice", b)
	f.wantNone("alice")
}

func TestARestartSendsNothingForWhatHolds(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	names := plugintest.Profiles(50)
	for _, name := range names {
		f.MustApply(name, b)
	}
	f.server.ResetRequests()
	after := startOn(t, f.account, f.server)
	var first, last time.Duration
	for i, name := range names {
		again := after.check(name, b)
		if i == 0 {
			first, last = again, again
		}
		first, last = min(first, again), max(last, again)
	}
	after.wantRequests(noRequests)
	if drift := after.memory.timing.Drift; last-first < drift/3 || last > drift {
		t.Errorf("50 accounts are looked at from %s to %s after the start; want that spread over %s", first, last, drift)
	}
}

func TestManyTogetherTakeTwoRequestsEach(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	names := plugintest.Profiles(40)
	var group sync.WaitGroup
	for _, name := range names {
		group.Go(func() {
			if err := f.Apply(t.Context(), name, b); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	f.wantRequests(map[string]int{"ListPodIdentityAssociations": 40, "CreatePodIdentityAssociation": 40})
	for _, name := range names {
		f.wantRoles(name, f.role("r"), "")
		f.MustRevoke(name, b)
		f.wantNone(name)
	}
}

func TestAForeignAssociationIsLeftAloneAndTold(t *testing.T) {
	const addOn = "arn:aws:eks:us-east-1:123456789012:addon/prod/vpc-cni/1"
	tests := map[string]struct {
		foreign eks.Association
		says    []string
	}{
		"made by hand":          {eks.Association{}, []string{"was not made by this controller", "aws eks delete-pod-identity-association --cluster-name prod --association-id", "aws eks tag-resource --resource-arn"}},
		"of another Profile":    {eks.Association{Tags: map[string]string{TagProfile: "bob", TagManagedBy: ManagedBy}}, []string{"was not made by this controller for this Profile"}},
		"of an add-on":          {eks.Association{Owner: addOn}, []string{"belongs to the EKS add-on " + addOn, "name other serviceAccounts"}},
		"with the right role":   {eks.Association{Role: aliceRole}, []string{"the role " + aliceRole}},
		"of one more tool":      {eks.Association{Tags: map[string]string{TagProfile: "alice", TagManagedBy: "eksctl"}}, []string{"left alone"}},
		"with many other words": {eks.Association{Tags: map[string]string{"team": "alice"}}, []string{"The service account default-editor of the namespace alice"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			test.foreign.Cluster, test.foreign.Namespace, test.foreign.ServiceAccount = testCluster, "alice", "default-editor"
			theirs := f.server.Associate(test.foreign)
			b := editorOn(f.role("r"), "")
			message := plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", b), profilev1.ReasonForeignBinding)
			for _, words := range append(test.says, theirs.ID) {
				if !strings.Contains(message, words) {
					t.Errorf("the message %q does not say %q", message, words)
				}
			}
			f.MustRevoke("alice", b)
			if len(f.server.Changes()) != 1 {
				t.Errorf("the association was touched: %+v", f.server.Changes())
			}
			// Nothing of this is remembered against others with the same role.
			f.MustApply("carol", b)
		})
	}
}

func TestAnAssociationIsHandedOverByItsTags(t *testing.T) {
	f := start(t)
	theirs := f.server.Associate(eks.Association{Cluster: testCluster, Namespace: "alice", ServiceAccount: "default-editor", Role: f.role("x"),
		Tags: map[string]string{TagProfile: "alice", TagManagedBy: ManagedBy, "team": "data"}})
	b := editorOn(f.role("r"), "")
	f.MustApply("alice", b)
	if a := f.association("alice"); a.ID != theirs.ID || a.Role != f.role("r") || a.Tags["team"] != "data" {
		t.Errorf("the association is now %+v", a)
	}
}

func TestAnAccountWithAnIRSARoleIsRefused(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	f.annotate("alice", "arn:aws:iam::123456789012:role/irsa")
	message := plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", b), profilev1.ReasonCompetingAnnotation)
	for _, words := range []string{"eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/irsa", "Remove the annotation", "The service account default-editor"} {
		if !strings.Contains(message, words) {
			t.Errorf("the message %q does not say %q", message, words)
		}
	}
	f.wantRequests(noRequests)
	f.annotate("alice", "")
	f.MustApply("alice", b)
	f.annotate("alice", "arn:aws:iam::123456789012:role/irsa")
	f.server.ResetRequests()
	_, err := f.Check(t.Context(), "alice", b)
	plugintest.WantRefusal(t, err, profilev1.ReasonCompetingAnnotation)
	f.wantRequests(noRequests)
	f.MustRevoke("alice", b)
	f.wantNone("alice")
}

func TestACheckTellsWhatTheLastLookFound(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	f.MustApply("alice", b)
	f.server.Disassociate(f.association("alice").ID)
	f.server.Associate(eks.Association{Cluster: testCluster, Namespace: "alice", ServiceAccount: "default-editor", Role: f.role("x")})
	f.overdue("alice")
	f.server.ResetRequests()
	for range 3 {
		_, err := f.Check(t.Context(), "alice", b)
		plugintest.WantRefusal(t, err, profilev1.ReasonForeignBinding)
	}
	f.wantRequests(looked)
}

// What EKS shows from before our own change must not be acted on: an association that was
// just made would be left behind, and one that was just changed deleted.
func TestWhatEKSShowsFromBeforeIsNotBelieved(t *testing.T) {
	settling := func(o *Options) { o.Timing.Settle = time.Hour }
	f := start(t, settling)
	a, b := editorOn(f.role("a"), ""), editorOn(f.role("b"), "")
	f.MustApply("alice", a)
	f.stale(true)
	plugintest.WantError(t, f.Revoke(t.Context(), "alice", a), plugin.Retry, profilev1.ReasonBinding, "does not show yet")
	f.stale(false)
	f.MustApply("alice", b)
	f.server.Edit(f.association("alice").ID, func(x *eks.Association) { x.Role = f.role("a") })
	plugintest.WantError(t, f.Revoke(t.Context(), "alice", a), plugin.Retry, profilev1.ReasonBinding, "does not show yet")
	f.wantRoles("alice", f.role("a"), "")
	f.overdue("alice")
	f.MustApply("alice", b)
	f.MustRevoke("alice", a)
	f.MustRevoke("alice", b)
	f.MustRevoke("alice", b)
	f.wantNone("alice")
}

func TestOnlyTheVeryAccountIsFound(t *testing.T) {
	listed := func(namespace, name string) types.PodIdentityAssociationSummary {
		return types.PodIdentityAssociationSummary{Namespace: &namespace, ServiceAccount: &name, AssociationId: aws.String(namespace + "/" + name)}
	}
	page := []types.PodIdentityAssociationSummary{listed("bob", "default-editor"), listed("alice", "default"), listed("alice", "default-editor")}
	if got := aws.ToString(idOf(page, account{"prod", "alice", "default-editor"})); got != "alice/default-editor" {
		t.Errorf("found %q", got)
	}
	if got := idOf(page, account{"prod", "bob", "default"}); got != nil {
		t.Errorf("found %s", *got)
	}
}

// before has something happen when EKS gets a request and before it is carried out.
func (f *fixture) before(action string, what func(eks.Request)) {
	f.server.Fault(func(r eks.Request) faults.Fault {
		if r.Action == action {
			what(r)
		}
		return faults.Fault{}
	})
}

func TestWhatVanishesMeanwhileIsNoError(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	vanish := func(r eks.Request) { f.server.Disassociate(f.association(r.Namespace).ID) }
	f.MustApply("alice", b)
	f.before("DescribePodIdentityAssociation", vanish)
	f.MustApply("alice", b)
	f.wantRoles("alice", f.role("r"), "")
	f.before("DeletePodIdentityAssociation", vanish)
	f.MustRevoke("alice", b)
	f.wantNone("alice")
	if f.Host.Calls("alice") != 1 {
		t.Error("the Profile was not called to put back what else it asks for")
	}
}
