package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestAdoption(t *testing.T) {
	withController(t).sideBySide(
		journey{"a namespace that names the owner is adopted and goes with its Profile", fittingNamespaceIsAdopted},
		journey{"a namespace without the annotation is left alone", unmarkedNamespaceIsForeign},
		journey{"a namespace of another owner is left alone", namespaceOfAnotherOwnerIsForeign},
		journey{"a namespace of another controller is left alone", namespaceOfAnotherControllerIsForeign},
		journey{"a namespace that others own without controlling it is adopted", ownedNamespaceIsAdopted},
		journey{"a namespace of a former self is taken back", namespaceOfFormerSelfIsTakenBack},
		journey{"a restored backup ends in order", restoredBackupEndsInOrder},
		journey{"a Profile proceeds when a foreign namespace goes away", proceedsWhenForeignNamespaceGoes},
		journey{"a Profile proceeds when a foreign namespace is handed over as its message says", proceedsWhenForeignNamespaceIsHandedOver},
		journey{"what the old controller made is taken over in place", oldControllersObjectsAreTakenOver},
	)
}

func fittingNamespaceIsAdopted(f *fixture) {
	n := MakeNamespace("adopted", "adopted@example.com")
	n.Labels = map[string]string{"istio-injection": "disabled", "example.com/kept": "yes"}
	f.create(n)
	before := f.mark()
	f.create(MakeProfile("adopted").Obj())
	f.awaitReady("adopted")

	now := live(f, namespaceNamed("adopted"))
	mustBelongTo(f.t, f.profile("adopted"), now)
	mustEqual(f.t, "UID", now.UID, n.UID)
	mustEqual(f.t, "labels", now.Labels, map[string]string{"istio-injection": "disabled", "example.com/kept": "yes",
		"kubernetes.io/metadata.name": "adopted", "app.kubernetes.io/part-of": "kubeflow-profile"})
	f.mustHaveWrittenAbout("adopted", before, "patch namespaces adopted",
		"create serviceaccounts adopted/"+editor, "create serviceaccounts adopted/"+viewer,
		"create rolebindings adopted/"+editor, "create rolebindings adopted/"+viewer, "create rolebindings adopted/"+ownerAdmin,
		"create authorizationpolicies adopted/"+ownerPolicy, "patch profiles/status adopted")
	f.awaitEvent("Profile", "adopted", "NamespaceAdopted")

	f.remove(profileNamed("adopted"))
	f.awaitGone(profileNamed("adopted"), namespaceNamed("adopted"))
}

func unmarkedNamespaceIsForeign(f *fixture) {
	c := mustBeLeftAlone(f, MakeNamespace("unmarked", ""))
	if want := `The namespace "unmarked" existed before this Profile, has no annotation owner, and is left alone. Create a Profile with another name; ` +
		`or, to hand the namespace over to this one: kubectl annotate --overwrite namespace unmarked owner="unmarked@example.com"`; c.Message != want {
		f.t.Errorf("the message is\n\t%s\nwant\n\t%s", c.Message, want)
	}
}

func namespaceOfAnotherOwnerIsForeign(f *fixture) {
	c := mustBeLeftAlone(f, MakeNamespace("others", "another@example.com"))
	if !strings.Contains(c.Message, `names the owner "another@example.com"`) {
		f.t.Errorf("the message does not name the other owner: %s", c.Message)
	}
}

func namespaceOfAnotherControllerIsForeign(f *fixture) {
	n := MakeNamespace("controlled", "controlled@example.com")
	n.OwnerReferences = []metav1.OwnerReference{stranger(f, "controller-of-controlled", true)}
	c := mustBeLeftAlone(f, n)
	if want := `The namespace "controlled" is managed by ClusterRole "controller-of-controlled" and is left alone. Create a Profile with another name.`; c.Message != want {
		f.t.Errorf("the message is\n\t%s\nwant\n\t%s", c.Message, want)
	}
}

// stranger makes an object and returns a reference to it as an owner.
func stranger(f *fixture, name string, controls bool) metav1.OwnerReference {
	f.t.Helper()
	r := &rbacv1.ClusterRole{ObjectMeta: meta("", name)}
	f.create(r)
	return metav1.OwnerReference{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: name, UID: r.UID, Controller: ptr.To(controls)}
}

// mustBeLeftAlone creates the namespace and then a Profile of its name, sees to it that
// the namespace is never written to, not even when the Profile is deleted, and returns
// what the Profile said.
func mustBeLeftAlone(f *fixture, n *corev1.Namespace) profilev1.ProfileCondition {
	f.t.Helper()
	f.create(n)
	version := awaitStable(f, n.Name).ResourceVersion
	before := f.mark()
	f.create(MakeProfile(n.Name).Quota("cpu", "1").Obj())
	said := f.awaitCondition(n.Name, profilev1.ConditionNamespaceReady, profilev1.ReasonForeignNamespace)
	f.mustBe(n.Name, profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonForeignNamespace)
	f.mustBe(n.Name, profilev1.ConditionAccessReady, metav1.ConditionFalse, profilev1.ReasonNamespaceNotReady)
	f.mustBe(n.Name, profilev1.ConditionQuotaReady, metav1.ConditionFalse, profilev1.ReasonNamespaceNotReady)
	mustEqual(f.t, "finalizers", f.profile(n.Name).Finalizers, nil)
	f.settle()
	f.mustHaveWrittenAbout(n.Name, before, "patch profiles/status "+n.Name)
	f.mustBeAbsent(childrenOf(n.Name)...)

	f.remove(profileNamed(n.Name))
	f.awaitGone(profileNamed(n.Name))
	f.settle()
	now := live(f, namespaceNamed(n.Name))
	if now.ResourceVersion != version || now.DeletionTimestamp != nil {
		f.t.Errorf("the foreign namespace was touched: %+v", now.ObjectMeta)
	}
	return said
}

// awaitStable waits until Kubernetes itself has set up a new namespace.
func awaitStable(f *fixture, namespace string) *corev1.Namespace {
	f.t.Helper()
	awaitThere(f, accountNamed(namespace, "default"))
	return live(f, namespaceNamed(namespace))
}

func ownedNamespaceIsAdopted(f *fixture) {
	n := MakeNamespace("co-owned", "co-owned@example.com")
	other := stranger(f, "owner-of-co-owned", false)
	n.OwnerReferences = []metav1.OwnerReference{other}
	f.create(n, MakeProfile("co-owned").Obj())
	f.awaitReady("co-owned")
	owners := live(f, namespaceNamed("co-owned")).OwnerReferences
	if len(owners) != 2 || owners[0].UID != other.UID || owners[1].UID != f.profile("co-owned").UID || !ptr.Deref(owners[1].Controller, false) {
		f.t.Errorf("the owners are %+v", owners)
	}
}

// formerReference is an owner reference to an earlier Profile of the same name.
func formerReference(version, name string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: "kubeflow.org/" + version, Kind: "Profile", Name: name,
		UID: types.UID("former-uid-of-" + name), Controller: ptr.To(true)}}
}

// namespaceOfFormerSelfIsTakenBack has references of a version that is no longer served,
// so that the garbage collector cannot tell that the owner is gone and leaves it to us.
func namespaceOfFormerSelfIsTakenBack(f *fixture) {
	n := MakeNamespace("restored", "restored@example.com")
	n.OwnerReferences = formerReference("v1alpha1", "restored")
	a := accountNamed("restored", editor)
	a.OwnerReferences = formerReference("v1alpha1", "restored")
	f.create(n, a, MakeProfile("restored").Obj())
	f.awaitReady("restored")
	p := f.profile("restored")
	for _, now := range []client.Object{live(f, namespaceNamed("restored")), live(f, accountNamed("restored", editor))} {
		mustBelongTo(f.t, p, now)
	}
	mustEqual(f.t, "UID of the namespace", live(f, namespaceNamed("restored")).UID, n.UID)
	mustEqual(f.t, "UID of the account", live(f, accountNamed("restored", editor)).UID, a.UID)
}

// restoredBackupEndsInOrder has references that the garbage collector does understand. It
// may be faster than the controller and remove the namespace; then there is a new one.
func restoredBackupEndsInOrder(f *fixture) {
	n := MakeNamespace("backup", "backup@example.com")
	n.OwnerReferences = formerReference("v1", "backup")
	f.create(MakeProfile("backup").Obj())
	if err := pg.Client.Create(f.ctx, n); client.IgnoreAlreadyExists(err) != nil {
		f.t.Fatal(err)
	}
	f.awaitReady("backup")
	mustBelongTo(f.t, f.profile("backup"), live(f, namespaceNamed("backup")))
}

func proceedsWhenForeignNamespaceGoes(f *fixture) {
	n := MakeNamespace("waiting", "")
	f.create(n, MakeProfile("waiting").Obj())
	f.awaitCondition("waiting", profilev1.ConditionReady, profilev1.ReasonForeignNamespace)
	f.remove(namespaceNamed("waiting"))
	f.awaitReady("waiting")
	now := live(f, namespaceNamed("waiting"))
	mustBelongTo(f.t, f.profile("waiting"), now)
	if now.UID == n.UID {
		f.t.Error("the namespace is still the foreign one")
	}
}

func proceedsWhenForeignNamespaceIsHandedOver(f *fixture) {
	n := MakeNamespace("handover", "somebody@example.com")
	f.create(n, MakeProfile("handover").Obj())
	f.awaitCondition("handover", profilev1.ConditionReady, profilev1.ReasonForeignNamespace)
	change(f, namespaceNamed("handover"), func(n *corev1.Namespace) { n.Annotations["owner"] = "handover@example.com" })
	f.awaitReady("handover")
	now := live(f, namespaceNamed("handover"))
	mustBelongTo(f.t, f.profile("handover"), now)
	mustEqual(f.t, "UID", now.UID, n.UID)
}

// oldControllersObjectsAreTakenOver has objects without our label, as the Kubeflow
// Profile controller makes them. One binding has a role that it cannot keep.
func oldControllersObjectsAreTakenOver(f *fixture) {
	const name, owner = "inherited", "inherited@example.com"
	admin := MakeBinding(name, ownerAdmin, "kubeflow-admin", user(owner))
	admin.Annotations = map[string]string{"user": owner, "role": "admin"}
	quota := quotaIn(name)
	quota.Spec.Hard = amounts("cpu", "7")
	policy := policyIn(name)
	f.create(MakeNamespace(name, owner), accountNamed(name, editor), accountNamed(name, viewer),
		MakeBinding(name, editor, "kubeflow-edit", account(name, editor)),
		MakeBinding(name, viewer, "cluster-admin", account(name, viewer)), admin, quota, policy)
	before, uids := f.mark(), uidsOf(f, name)
	f.create(MakeProfile(name).Quota("cpu", "2").Obj())
	f.awaitReady(name)

	f.mustHaveWrittenAbout(name, before, "patch namespaces "+name,
		"patch serviceaccounts inherited/"+editor, "patch serviceaccounts inherited/"+viewer,
		"patch rolebindings inherited/"+editor, "patch rolebindings inherited/"+ownerAdmin,
		"delete rolebindings inherited/"+viewer, "create rolebindings inherited/"+viewer,
		"patch resourcequotas inherited/"+quotaName, "patch authorizationpolicies inherited/"+ownerPolicy,
		"patch profiles/status "+name)
	after := uidsOf(f, name)
	recreated := kindAndName(bindingNamed(name, viewer))
	if after[recreated] == uids[recreated] {
		f.t.Error("the binding with the wrong role is still the old one")
	}
	delete(after, recreated)
	delete(uids, recreated)
	mustEqual(f.t, "UIDs", after, uids)
	p := f.profile(name)
	for _, o := range childrenOf(name) {
		mustBeOurs(f.t, p, live(f, o))
	}
	mustEqual(f.t, "role", live(f, bindingNamed(name, viewer)).RoleRef.Name, "kubeflow-view")
	mustEqual(f.t, "limits", live(f, quotaIn(name)).Spec.Hard, amounts("cpu", "2"))
	mustHaveRules(f.t, live(f, policyIn(name)), roomRules(name, userHeader, "accounts.google.com:"+owner))
}
