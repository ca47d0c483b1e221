package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

func TestAttackToTakeOverANamespaceThatTheOperatorReserved(t *testing.T) {
	f := withController(t, "-reserved-namespaces=payments, shared-*")
	f.sideBySide(
		journey{"by its name", func(f *fixture) { mustStayReserved(f, "payments") }},
		journey{"by its pattern", func(f *fixture) { mustStayReserved(f, "shared-data") }},
		journey{"before it exists", func(f *fixture) {
			f.create(MakeProfile("shared-future").Obj())
			f.awaitCondition("shared-future", profilev1.ConditionNamespaceReady, profilev1.ReasonReservedName)
			f.settle()
			f.mustBeAbsent(namespaceNamed("shared-future"))
		}},
		journey{"while a name that only looks alike is free", func(f *fixture) {
			f.create(MakeProfile("payments-eu").Obj())
			f.awaitReady("payments-eu")
		}},
	)
}

// mustStayReserved makes a namespace that names the Profile's owner, so that nothing but
// the reservation stands in the way, and a Profile of its name.
func mustStayReserved(f *fixture, name string) {
	f.t.Helper()
	f.create(MakeNamespace(name, name+"@example.com"))
	version := awaitStable(f, name).ResourceVersion
	before := f.mark()
	f.create(MakeProfile(name).Obj())
	mustBeRefusedAsReserved(f, name, version, before)
	f.remove(profileNamed(name))
	f.awaitGone(profileNamed(name))
	if n := live(f, namespaceNamed(name)); n.ResourceVersion != version || n.DeletionTimestamp != nil {
		f.t.Errorf("the deletion of the Profile touched the reserved namespace: %+v", n.ObjectMeta)
	}
}

func mustBeRefusedAsReserved(f *fixture, name, version string, before auditMark) {
	f.t.Helper()
	f.awaitCondition(name, profilev1.ConditionNamespaceReady, profilev1.ReasonReservedName)
	f.mustBe(name, profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonReservedName)
	f.settle()
	f.mustHaveWrittenAbout(name, before, "patch profiles/status "+name)
	mustEqual(f.t, "finalizers", f.profile(name).Finalizers, nil)
	mustEqual(f.t, "version of the namespace", live(f, namespaceNamed(name)).ResourceVersion, version)
	f.mustBeAbsent(childrenOf(name)...)
}

func TestAttackToTakeOverTheControllersOwnNamespace(t *testing.T) {
	f := withController(t)
	const name = playground.SystemNamespace
	change(f, namespaceNamed(name), func(n *corev1.Namespace) { n.Annotations = with(n.Annotations, "owner", name+"@example.com") })
	version := live(f, namespaceNamed(name)).ResourceVersion
	f.create(MakeProfile(name).Obj())
	f.awaitCondition(name, profilev1.ConditionReady, profilev1.ReasonReservedName)
	f.settle()
	mustEqual(t, "version of the namespace", live(f, namespaceNamed(name)).ResourceVersion, version)
	f.mustBeAbsent(childrenOf(name)...)
	f.remove(profileNamed(name))
	f.awaitGone(profileNamed(name))
	change(f, namespaceNamed(name), func(n *corev1.Namespace) { delete(n.Annotations, "owner") })
}

// TestAttackToTakeOverKubePublic has a Profile that the old CRD let in, and that the old
// controller would have carried out.
func TestAttackToTakeOverKubePublic(t *testing.T) {
	f := withoutController(t)
	change(f, namespaceNamed("kube-public"), func(n *corev1.Namespace) { n.Annotations = with(n.Annotations, "owner", "thief@example.com") })
	f.storeUnderOldCRD(`{metadata: {name: kube-public}, spec: {owner: {kind: User, name: thief@example.com}}}`)
	version := live(f, namespaceNamed("kube-public")).ResourceVersion
	before := f.mark()
	f.start()
	mustBeRefusedAsReserved(f, "kube-public", version, before)
	f.mustBeDenied("the thief who reads secrets", f.reading(f.as("thief@example.com"), "kube-public"))
	f.remove(profileNamed("kube-public"))
	f.awaitGone(profileNamed("kube-public"))
	if n := live(f, namespaceNamed("kube-public")); n.DeletionTimestamp != nil {
		t.Error("the namespace is being deleted")
	}
	change(f, namespaceNamed("kube-public"), func(n *corev1.Namespace) { delete(n.Annotations, "owner") })
}

// TestAReservationMadeLaterLeavesTheRoomAlone has an operator reserve a name that is a
// Profile already: the room is neither kept nor taken away, and the Profile can go.
func TestAReservationMadeLaterLeavesTheRoomAlone(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("late").Obj())
	f.awaitReady("late")
	f.settle()
	version := live(f, namespaceNamed("late")).ResourceVersion
	f.start("-reserved-namespaces=late")
	f.awaitCondition("late", profilev1.ConditionReady, profilev1.ReasonReservedName)
	mustEqual(t, "version of the namespace", live(f, namespaceNamed("late")).ResourceVersion, version)
	f.remove(profileNamed("late"))
	f.awaitGone(profileNamed("late"))
}
