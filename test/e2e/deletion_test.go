package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	profilev1beta1 "github.com/kfprofiles/kfprofiles/api/v1beta1"
)

func TestDeletion(t *testing.T) {
	withController(t).sideBySide(
		journey{"a deleted profile takes its room along", deletedProfileTakesItsRoomAlong},
		journey{"a profile with unusable plugins can be deleted", profileWithUnusablePluginsCanBeDeleted},
		journey{"a profile can be deleted after a change of owner", profileCanBeDeletedAfterAChangeOfOwner},
		journey{"foreground deletion waits for the room", foregroundDeletionWaitsForTheRoom},
		journey{"a terminating namespace holds up no deletion", terminatingNamespaceHoldsUpNoDeletion},
		journey{"a namespace deleted by hand comes back", namespaceDeletedByHandComesBack},
		journey{"a profile recreated while its predecessor terminates gets its own namespace", profileRecreatedWhileItsPredecessorTerminatesGetsItsOwnNamespace},
		journey{"a protected profile cannot be deleted", protectedProfileCannotBeDeleted},
		journey{"the protection is lifted as the message says", protectionIsLiftedAsTheMessageSays},
	)
}

func deletedProfileTakesItsRoomAlong(f *fixture) {
	f.create(MakeProfile("short").Quota("cpu", "1").Obj())
	f.awaitReady("short")
	f.settle()
	before := f.mark()
	f.remove(profileNamed("short"))
	f.awaitGone(profileNamed("short"), namespaceNamed("short"))
	f.settle()
	f.mustHaveWrittenAbout("short", before)
}

func profileWithUnusablePluginsCanBeDeleted(f *fixture) {
	f.create(MakeProfile("plugged").Plugin("Nobody", `{"a":[1,{"b":null}]}`).Plugin("AwsIamForServiceAccount", `{"awsIamRole":5}`).Obj())
	c := f.awaitCondition("plugged", profilev1.ConditionReady, profilev1.ReasonInvalidPluginSpec)
	if want := `spec.plugins[1].spec: awsIamRole: must not be a JSON number. This controller has no plugin for "Nobody"`; !strings.HasPrefix(c.Message, want) {
		f.t.Errorf("the message is %q, want it to begin with %q", c.Message, want)
	}
	f.remove(profileNamed("plugged"))
	f.awaitGone(profileNamed("plugged"), namespaceNamed("plugged"))
}

func profileCanBeDeletedAfterAChangeOfOwner(f *fixture) {
	f.create(MakeProfile("passed-on").Obj())
	f.awaitReady("passed-on")
	change(f, profileNamed("passed-on"), func(p *profilev1.Profile) { p.Spec.Owner = user("heir@example.com") })
	f.awaitReady("passed-on")
	change(f, profileNamed("passed-on"), func(p *profilev1.Profile) { p.Spec.Owner = user("heir-of-heir@example.com") })
	f.remove(profileNamed("passed-on"))
	f.awaitGone(profileNamed("passed-on"), namespaceNamed("passed-on"))
}

func foregroundDeletionWaitsForTheRoom(f *fixture) {
	f.create(MakeProfile("foreground").Obj())
	f.awaitReady("foreground")
	hold(f, "foreground")
	if err := pg.Client.Delete(f.ctx, profileNamed("foreground"), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		f.t.Fatal(err)
	}
	f.awaitTerminating("foreground")
	f.settle()
	if p := f.profile("foreground"); slices.Contains(p.Finalizers, finalizer) {
		f.t.Errorf("the controller must have let the Profile go: %v", p.Finalizers)
	}
	release(f, "foreground")
	f.awaitGone(profileNamed("foreground"), namespaceNamed("foreground"))
}

func terminatingNamespaceHoldsUpNoDeletion(f *fixture) {
	f.create(MakeProfile("stuck").Quota("cpu", "1").Obj())
	f.awaitReady("stuck")
	hold(f, "stuck")
	f.remove(namespaceNamed("stuck"))
	f.awaitCondition("stuck", profilev1.ConditionNamespaceReady, profilev1.ReasonNamespaceTerminating)
	f.settle()
	before := f.mark()

	f.remove(profileNamed("stuck"))
	f.awaitGone(profileNamed("stuck"))
	f.awaitTerminating("stuck")
	release(f, "stuck")
	f.awaitGone(namespaceNamed("stuck"))
	f.settle()
	f.mustBeAbsent(namespaceNamed("stuck"))
	f.mustHaveWrittenAbout("stuck", before)
}

func TestAProfileWhoseNamespaceIsAlreadyGoneCanBeDeleted(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("hollow").Obj())
	f.awaitReady("hollow")
	f.stop()
	f.remove(namespaceNamed("hollow"))
	f.awaitGone(namespaceNamed("hollow"))
	before := f.mark()
	f.remove(profileNamed("hollow"))
	f.awaitGone(profileNamed("hollow"))
	f.start()
	f.settle()
	f.mustBeAbsent(namespaceNamed("hollow"))
	f.mustHaveWrittenAbout("hollow", before)
}

// TestAProfileWithoutIdentitiesGoesWhileNoControllerRuns has nothing outside the cluster, so
// nobody need be there to let it go.
func TestAProfileWithoutIdentitiesGoesWhileNoControllerRuns(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("unattended").Quota("cpu", "1").Obj())
	f.awaitReady("unattended")
	f.stop()
	f.remove(profileNamed("unattended"))
	f.awaitGone(profileNamed("unattended"), namespaceNamed("unattended"))
}

func namespaceDeletedByHandComesBack(f *fixture) {
	f.create(MakeProfile("phoenix").Quota("cpu", "1").Obj())
	f.awaitReady("phoenix")
	first := live(f, namespaceNamed("phoenix")).UID
	hold(f, "phoenix")
	f.settle()
	before := f.mark()
	f.remove(namespaceNamed("phoenix"))
	f.awaitCondition("phoenix", profilev1.ConditionNamespaceReady, profilev1.ReasonNamespaceTerminating)
	f.mustBe("phoenix", profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonNamespaceTerminating)
	f.settle()
	for _, r := range concerning("phoenix", f.writesSince(before)) {
		if r.succeeded() && r.String() != "patch profiles/status phoenix" {
			f.t.Errorf("the controller sent %s while the namespace was terminating", r)
		}
	}
	release(f, "phoenix")
	f.awaitReady("phoenix")
	if n := live(f, namespaceNamed("phoenix")); n.UID == first || n.DeletionTimestamp != nil {
		f.t.Errorf("the namespace is not a new one: %+v", n.ObjectMeta)
	}
	for _, o := range childrenOf("phoenix") {
		f.read(o)
	}
	f.awaitEvent("Profile", "phoenix", "NamespaceRecreated")
}

func profileRecreatedWhileItsPredecessorTerminatesGetsItsOwnNamespace(f *fixture) {
	f.create(MakeProfile("again").Owner("first@example.com").Obj())
	f.awaitReady("again")
	first := live(f, namespaceNamed("again")).UID
	hold(f, "again")
	f.remove(profileNamed("again"))
	f.awaitGone(profileNamed("again"))
	f.awaitTerminating("again")

	f.create(MakeProfile("again").Owner("second@example.com").Obj())
	f.awaitCondition("again", profilev1.ConditionNamespaceReady, profilev1.ReasonPredecessorTerminating)
	release(f, "again")
	f.awaitReady("again")
	n := live(f, namespaceNamed("again"))
	if n.UID == first {
		f.t.Error("the namespace is still the predecessor's")
	}
	mustBelongTo(f.t, f.profile("again"), n)
	mustNameOwner(f, "again", "second@example.com")
	for _, e := range f.events("Profile", "again") {
		if e.Reason == "NamespaceRecreated" {
			f.t.Errorf("the new Profile never lost a namespace, but an Event says: %s", e.Note)
		}
	}
}

// hold keeps a namespace that is being deleted from going away, until release.
func hold(f *fixture, namespace string) {
	f.t.Helper()
	m := MakeConfigMap(namespace, "hold")
	m.Finalizers = []string{"example.com/hold"}
	f.create(m)
}

func release(f *fixture, namespace string) {
	f.t.Helper()
	change(f, MakeConfigMap(namespace, "hold"), func(m *corev1.ConfigMap) { m.Finalizers = nil })
}

func (f *fixture) awaitTerminating(namespace string) {
	f.t.Helper()
	f.eventually("namespace "+namespace+" is terminating", func() error {
		if n := live(f, namespaceNamed(namespace)); n.Status.Phase != corev1.NamespaceTerminating {
			return errors.New("it is not")
		}
		return nil
	})
}

// prevented is what a user sees who tries to delete a protected Profile, behind what the
// API server says of every policy.
const prevented = `ValidatingAdmissionPolicy 'profiles-prevent-deletion' with binding 'profiles-prevent-deletion' denied request: ` +
	`Profile precious is protected from deletion. To lift the protection: kubectl annotate profile precious kubeflow.org/prevent-deletion-`

func protectedProfileCannotBeDeleted(f *fixture) {
	f.create(MakeProfile("precious").Annotation("kubeflow.org/prevent-deletion", "true").Label("example.com/test", "precious").Obj())
	f.awaitReady("precious")
	// The API server begins to enforce a policy a moment after it was installed.
	f.awaitDenied("the deletion of a protected Profile", f.deleting(pg.Client, profileNamed("precious")))

	selected := client.MatchingLabels{"example.com/test": "precious"}
	for what, err := range map[string]error{
		"delete":                        pg.Client.Delete(f.ctx, profileNamed("precious")),
		"delete by the other version":   pg.Client.Delete(f.ctx, &profilev1beta1.Profile{ObjectMeta: meta("", "precious")}),
		"delete in the foreground":      pg.Client.Delete(f.ctx, profileNamed("precious"), client.PropagationPolicy(metav1.DeletePropagationForeground)),
		"deletecollection":              pg.Client.DeleteAllOf(f.ctx, &profilev1.Profile{}, selected),
		"deletecollection by the other": pg.Client.DeleteAllOf(f.ctx, &profilev1beta1.Profile{}, selected),
	} {
		if !apierrors.IsForbidden(err) || !strings.HasSuffix(err.Error(), prevented) {
			f.t.Errorf("%s gives\n\t%v\nwant\n\t%s", what, err, prevented)
		}
	}
	if p := f.profile("precious"); p.DeletionTimestamp != nil {
		f.t.Fatal("the Profile is being deleted")
	}
	change(f, profileNamed("precious"), func(p *profilev1.Profile) { p.Annotations["kubeflow.org/prevent-deletion"] = "false" })
	f.remove(profileNamed("precious"))
	f.awaitGone(profileNamed("precious"), namespaceNamed("precious"))
}

func protectionIsLiftedAsTheMessageSays(f *fixture) {
	f.create(MakeProfile("lifted").Annotation("kubeflow.org/prevent-deletion", "true").Obj())
	f.awaitDenied("the deletion of a protected Profile", f.deleting(pg.Client, profileNamed("lifted")))
	change(f, profileNamed("lifted"), func(p *profilev1.Profile) { delete(p.Annotations, "kubeflow.org/prevent-deletion") })
	f.remove(profileNamed("lifted"))
	f.awaitGone(profileNamed("lifted"), namespaceNamed("lifted"))
}
