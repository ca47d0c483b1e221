package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

const lake = "arn:aws:iam::210987654321:role/data/lake"

func TestJourneysOfProfilesWithPodIdentity(t *testing.T) {
	f := withPodIdentity(t)
	f.sideBySide(
		f.journey("a Profile gets its association and takes it with it", podIdentityFromBirthToDeath),
		f.journey("another role and target role without a gap", podIdentityRoleChange),
		f.journey("several accounts with several roles", podIdentityOfSeveralAccounts),
		f.journey("a foreign association is left alone", podIdentityForeign),
		f.journey("an account that IRSA gives a role", podIdentityAndIRSAByHand),
		f.journey("a Profile that asks for both", podIdentityAndIRSAInOneProfile),
		f.journey("a Profile that moves from IRSA", podIdentityAfterIRSA),
		f.journey("a role that does not exist", podIdentityWithoutRole),
		f.journey("EKS throttles for a while", podIdentityThrottled),
	)
}

func podIdentityFromBirthToDeath(f *podIdentity) {
	arn := f.podRole("pi-born")
	theirs := f.eks.Associate(eks.Association{Cluster: "other", Namespace: "pi-born", ServiceAccount: editor, Role: arn,
		Tags: map[string]string{"kubeflow.org/profile": "pi-born", "app.kubernetes.io/managed-by": "profile-controller"}})
	f.create(MakeProfile("pi-born").PodIdentity(arn).Obj())
	f.awaitIdentity("pi-born", arn)
	f.mustBe("pi-born", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.mustBeGiven("pi-born", editor, arn)
	f.mustBeGiven("pi-born", viewer, "")
	f.mustBeAnnotated("pi-born", editor, nil)
	a, _ := f.eks.Of(eksCluster, "pi-born", editor)
	mustEqual(f.t, "the tag with the Profile's name", a.Tags["kubeflow.org/profile"], "pi-born")

	f.associate("pi-born")
	f.awaitIdentity("pi-born")
	f.mustBeGiven("pi-born", editor, "")
	f.associate("pi-born", podIdentitySpec(arn))
	f.awaitIdentity("pi-born", arn)
	f.mustBeGiven("pi-born", editor, arn)
	f.remove(profileNamed("pi-born"))
	f.awaitGone(profileNamed("pi-born"))
	f.mustBeGiven("pi-born", editor, "")
	if left, ok := f.eks.Of("other", "pi-born", editor); !ok || left.ID != theirs.ID {
		f.t.Error("the association of the other cluster is gone")
	}
	f.mustNotWarn("pi-born")
}

func podIdentityRoleChange(f *podIdentity) {
	from, to := f.podRole("pi-change-a"), f.podRole("pi-change-b")
	f.create(MakeProfile("pi-change").PodIdentity(from).Obj())
	f.awaitIdentity("pi-change", from)
	for _, next := range []struct{ spec, identity, given string }{
		{podIdentitySpec(to), to, to},
		{podIdentitySpec(to, fmt.Sprintf(`"targetRoleArn":%q`, lake)), lake + " through " + to, to + " > " + lake},
		{podIdentitySpec(from), from, from},
	} {
		f.associate("pi-change", next.spec)
		f.awaitBound("pi-change", next.identity)
		f.mustBeGiven("pi-change", editor, next.given)
	}
	for _, c := range f.changesOf("pi-change") {
		if c.Deleted {
			f.t.Error("there was no association for a moment")
		}
	}
	f.mustNotWarn("pi-change")
}

func podIdentityOfSeveralAccounts(f *podIdentity) {
	one, two := f.podRole("pi-one"), f.podRole("pi-two")
	f.create(MakeProfile("pi-several").PodIdentity(one, `"serviceAccounts":["default-editor","runner"]`).PodIdentity(two, `"serviceAccounts":["trainer"]`).Obj())
	f.awaitIdentity("pi-several", one, one, two)
	f.mustBeGiven("pi-several", editor, one)
	f.mustBeGiven("pi-several", "runner", one)
	f.mustBeGiven("pi-several", "trainer", two)
	f.associate("pi-several", podIdentitySpec(one, `"serviceAccounts":["runner"]`), podIdentitySpec(two, `"serviceAccounts":["runner"]`))
	c := f.awaitCondition("pi-several", profilev1.ConditionIdentityReady, profilev1.ReasonPluginConflict)
	f.mustSay(c.Message, "runner", "can be bound once")
	f.associate("pi-several", podIdentitySpec(two, `"serviceAccounts":["runner"]`))
	f.awaitBound("pi-several", two)
	f.mustBeGiven("pi-several", editor, "")
	f.mustBeGiven("pi-several", "runner", two)
	f.mustBeGiven("pi-several", "trainer", "")
}

func podIdentityForeign(f *podIdentity) {
	arn, other := f.podRole("pi-foreign"), f.podRole("pi-foreign-other")
	theirs := f.eks.Associate(eks.Association{Cluster: eksCluster, Namespace: "pi-foreign", ServiceAccount: editor, Role: other})
	f.create(MakeProfile("pi-foreign").PodIdentity(arn).Obj())
	c := f.awaitCondition("pi-foreign", profilev1.ConditionReady, profilev1.ReasonForeignBinding)
	f.mustSay(c.Message, theirs.ID, other, "aws eks delete-pod-identity-association")
	f.mustBe("pi-foreign", profilev1.ConditionNamespaceReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.associate("pi-foreign")
	f.awaitIdentity("pi-foreign")
	f.mustBeGiven("pi-foreign", editor, other)
	f.associate("pi-foreign", podIdentitySpec(arn))
	f.awaitCondition("pi-foreign", profilev1.ConditionReady, profilev1.ReasonForeignBinding)
	f.eks.Disassociate(theirs.ID)
	f.touch("pi-foreign")
	f.awaitIdentity("pi-foreign", arn)
	f.mustBeGiven("pi-foreign", editor, arn)
}

func podIdentityAndIRSAByHand(f *podIdentity) {
	arn, irsa := f.podRole("pi-hand"), "arn:aws:iam::123456789012:role/irsa"
	f.create(MakeProfile("pi-hand").Obj())
	f.awaitReady("pi-hand")
	f.annotateByHand("pi-hand", editor, irsa)
	f.associate("pi-hand", podIdentitySpec(arn))
	c := f.awaitCondition("pi-hand", profilev1.ConditionIdentityReady, profilev1.ReasonCompetingAnnotation)
	f.mustSay(c.Message, roleAnnotation+": "+irsa, "Remove the annotation")
	f.mustBeGiven("pi-hand", editor, "")
	f.mustBeAnnotated("pi-hand", editor, toRole(irsa))
	f.annotateByHand("pi-hand", editor, "")
	f.awaitIdentity("pi-hand", arn)
	f.mustBeGiven("pi-hand", editor, arn)
}

// podIdentityAndIRSAInOneProfile asks for a role of each kind for the same account. The
// entry that comes first in the spec is carried out.
func podIdentityAndIRSAInOneProfile(f *podIdentity) {
	arn, irsa := f.podRole("pi-both"), f.role("pi-both-irsa", handMadePolicy())
	f.create(MakeProfile("pi-both").AWS(irsa).PodIdentity(arn).Obj())
	c := f.awaitCondition("pi-both", profilev1.ConditionIdentityReady, profilev1.ReasonPluginConflict)
	f.mustSay(c.Message, editor, "spec.plugins[1]")
	f.mustBeGiven("pi-both", editor, "")
	f.create(MakeProfile("pi-apart").AWS(irsa).PodIdentity(arn, `"serviceAccounts":["runner"]`).Obj())
	f.awaitIdentity("pi-apart", irsa, arn)
	f.mustBeGiven("pi-apart", "runner", arn)
}

func podIdentityAfterIRSA(f *podIdentity) {
	arn, irsa := f.podRole("pi-moving"), f.role("pi-moving-irsa", handMadePolicy())
	f.create(MakeProfile("pi-moving").AWS(irsa).Obj())
	f.awaitIdentity("pi-moving", irsa)
	change(f.fixture, profileNamed("pi-moving"), func(p *profilev1.Profile) {
		p.Spec.Plugins = []profilev1.Plugin{{Kind: podIdentityKind, Spec: &runtime.RawExtension{Raw: []byte(podIdentitySpec(arn))}}}
	})
	f.awaitBound("pi-moving", arn)
	f.mustBeGiven("pi-moving", editor, arn)
	f.mustBeAnnotated("pi-moving", editor, nil)
	f.mustNotAdmit("pi-moving-irsa", editorOf("pi-moving"))
}

func podIdentityWithoutRole(f *podIdentity) {
	missing := "arn:aws:iam::123456789012:role/pi-missing"
	f.create(MakeProfile("pi-missing").PodIdentity(missing).Obj())
	c := f.awaitCondition("pi-missing", profilev1.ConditionReady, profilev1.ReasonIdentityNotFound)
	f.mustSay(c.Message, "AWS has no role "+missing, "Create it, or correct roleArn")
	f.mustBe("pi-missing", profilev1.ConditionAccessReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	arn := f.podRole("pi-found")
	f.associate("pi-missing", podIdentitySpec(arn))
	f.awaitIdentity("pi-missing", arn)
	f.mustBeGiven("pi-missing", editor, arn)
}

func podIdentityThrottled(f *podIdentity) {
	arn := f.podRole("pi-busy")
	var healed atomic.Bool
	f.spoilEKS(func(r eks.Request) faults.Fault {
		if r.Namespace == "pi-busy" && !healed.Load() {
			return eks.Throttle()
		}
		return faults.Fault{}
	})
	f.create(MakeProfile("pi-busy").PodIdentity(arn).Obj())
	f.eventually("the condition tells of throttling", func() error {
		c := condition(f.profile("pi-busy"), profilev1.ConditionIdentityReady)
		if c.Reason != profilev1.ReasonBinding || !strings.Contains(c.Message, "called less often") {
			return fmt.Errorf("it is %+v", c)
		}
		return nil
	})
	healed.Store(true)
	f.awaitIdentity("pi-busy", arn)
	mustEqual(f.t, "changes", len(f.changesOf("pi-busy")), 1)
}

// TestTheClusterOfPodIdentityIsFoundByItsIssuer has no -aws-eks-cluster.
func TestTheClusterOfPodIdentityIsFoundByItsIssuer(t *testing.T) {
	f := &podIdentity{newFixture(t), startEKS(t)}
	f.leaveBeforeEKS()
	f.startWith(f.controllerOptions())
	arn := f.podRole("pi-found-out")
	f.create(MakeProfile("pi-found-out").PodIdentity(arn).Obj())
	f.awaitIdentity("pi-found-out", arn)
	f.mustBeGiven("pi-found-out", editor, arn)
	f.stop()
	f.eks.RemoveCluster(eksCluster)
	f.startWith(f.controllerOptions())
	f.create(MakeProfile("pi-nowhere").PodIdentity(arn).Obj())
	c := f.awaitCondition("pi-nowhere", profilev1.ConditionIdentityReady, profilev1.ReasonClusterNotFound)
	f.mustSay(c.Message, clusterIssuer, "-aws-eks-cluster")
	// A cluster that EKS does not know has no associations that could keep a Profile.
	f.remove(profileNamed("pi-found-out"))
	f.awaitGone(profileNamed("pi-found-out"))
}

// TestBoundProfilesCostEKSNothing watches a controller that has nothing to do, and then a
// new one that finds what the first left behind.
func TestBoundProfilesCostEKSNothing(t *testing.T) {
	f := withPodIdentity(t)
	arn := f.podRole("pi-calm")
	names := []string{"pi-calm-1", "pi-calm-2", "pi-calm-3"}
	for _, name := range names {
		f.create(MakeProfile(name).PodIdentity(arn).Obj())
	}
	f.awaitReady(names...)
	f.settle()
	f.eks.ResetRequests()
	mark := f.mark()
	f.awaitRenewals(1)
	f.mustNotAskEKS()
	f.restart()
	f.settle()
	f.mustNotAskEKS()
	for _, w := range f.writesSince(mark) {
		if slices.Contains(names, w.name) || slices.Contains(names, w.namespace) {
			t.Errorf("the controller sent %s, although there was nothing to do", w)
		}
	}
}
