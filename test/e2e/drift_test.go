package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const managedBy = "app.kubernetes.io/managed-by"

// drift is something that a person does to a room, and the writes by which the
// controller undoes it: these and no others.
type drift struct {
	what   string
	do     func(*fixture)
	undone []string
}

// TestWhatIsDeletedOrEditedComesBack does one thing after the other to one room, and
// compares the whole room with what it was each time.
func TestWhatIsDeletedOrEditedComesBack(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("drift").Quota("cpu", "2", "memory", "4Gi").Scopes(corev1.ResourceQuotaScopeNotTerminating).Obj())
	f.awaitReady("drift")
	f.settle()
	intact := essence(f, "drift")
	var all []drift
	for _, group := range [][]drift{deletions(), namespaceEdits(), accountEdits(), bindingEdits(), policyEdits(), quotaEdits(), exchanges()} {
		all = append(all, group...)
	}
	for _, d := range all {
		repaired := t.Run(d.what, func(t *testing.T) {
			f := f.within(t)
			before := f.mark()
			d.do(f)
			f.eventually("the room is as it was", func() error { return different(essence(f, "drift"), intact) })
			f.settle()
			f.mustHaveWritten(before, d.undone...)
		})
		if !repaired {
			t.Fatal("what follows would begin with a room that is not intact")
		}
	}
	f.awaitEvent("Profile", "drift", "Repaired")
}

// essence is a room with all that the controller decides about it, and nothing of what
// the API server adds.
func essence(f *fixture, profile string) map[string]string {
	f.t.Helper()
	found := map[string]string{}
	for _, o := range append(roomOf(profile), profileNamed(profile)) {
		err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(o), o)
		if err != nil {
			found[kindAndName(o)] = err.Error()
			continue
		}
		o.SetResourceVersion("")
		o.SetUID("")
		o.SetGeneration(0)
		o.SetManagedFields(nil)
		o.SetCreationTimestamp(metav1.Time{})
		switch o := o.(type) {
		case *corev1.ResourceQuota:
			o.Status = corev1.ResourceQuotaStatus{}
		case *profilev1.Profile:
			o.Status = profilev1.ProfileStatus{}
		}
		content, err := json.Marshal(o)
		if err != nil {
			f.t.Fatal(err)
		}
		found[kindAndName(o)] = string(content)
	}
	return found
}

func different(got, want map[string]string) error {
	var problems []error
	for key := range want {
		if got[key] != want[key] {
			problems = append(problems, fmt.Errorf("%s is\n%s\nwant\n%s", key, got[key], want[key]))
		}
	}
	return errors.Join(problems...)
}

// TestWhatOthersAddStays adds to each object what is not the controller's, and then has
// the controller repair the same objects: neither idleness, nor a repair, nor a restart
// may take away what others added.
func TestWhatOthersAddStays(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("shared").Quota("cpu", "2").Obj())
	f.awaitReady("shared")
	f.settle()
	before := f.mark()
	for _, o := range roomOf("shared") {
		change(f, o, func(o client.Object) {
			o.SetLabels(with(o.GetLabels(), "example.com/added", "label"))
			o.SetAnnotations(with(o.GetAnnotations(), "example.com/added", "annotation"))
			o.SetFinalizers(append(o.GetFinalizers(), "example.com/added"))
		})
	}
	change(f, accountNamed("shared", editor), func(a *corev1.ServiceAccount) {
		a.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
		a.Secrets = []corev1.ObjectReference{{Name: "token"}}
		a.AutomountServiceAccountToken = new(bool)
	})
	change(f, namespaceNamed("shared"), func(n *corev1.Namespace) {
		n.Labels["istio-injection"], n.Labels["app.kubernetes.io/part-of"] = "disabled", "something-else"
	})
	f.create(MakeBinding("shared", "guest", "kubeflow-view", user("guest@example.com")))
	f.settle()
	f.mustHaveBeenSilent(before)

	before = f.mark()
	f.restart()
	f.settle()
	f.mustHaveBeenSilent(before)

	for _, o := range childrenOf("shared") {
		change(f, o, func(o client.Object) { o.SetOwnerReferences(nil) })
	}
	change(f, namespaceNamed("shared"), func(n *corev1.Namespace) { n.Annotations["owner"] = "thief@example.com" })
	for _, o := range roomOf("shared") {
		f.eventually(kindAndName(o)+" is repaired and keeps what was added", func() error { return lacksAddition(f, o) })
	}
	a := live(f, accountNamed("shared", editor))
	if len(a.ImagePullSecrets) != 1 || len(a.Secrets) != 1 || a.AutomountServiceAccountToken == nil {
		t.Errorf("the account lost what was added to it: %+v", a)
	}
	f.read(bindingNamed("shared", "guest"))
	if n := live(f, namespaceNamed("shared")); n.Labels["istio-injection"] != "disabled" || n.Labels["app.kubernetes.io/part-of"] != "something-else" {
		t.Errorf("labels that an admin set to other values were overwritten: %v", n.Labels)
	}
	for _, o := range roomOf("shared") {
		change(f, o, func(o client.Object) { o.SetFinalizers(nil) })
	}
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

func lacksAddition(f *fixture, o client.Object) error {
	f.read(o)
	switch {
	case len(o.GetOwnerReferences()) != 1, o.GetAnnotations()["owner"] == "thief@example.com":
		return errors.New("it is not repaired")
	case o.GetLabels()["example.com/added"] == "", o.GetAnnotations()["example.com/added"] == "", len(o.GetFinalizers()) == 0:
		return fmt.Errorf("it lost an addition: labels %v, annotations %v, finalizers %v", o.GetLabels(), o.GetAnnotations(), o.GetFinalizers())
	}
	return nil
}

// TestAnIdleControllerWritesNothing watches a controller over all Profiles that the tests
// before left behind, whatever state those are in, and then a new one that finds them.
func TestAnIdleControllerWritesNothing(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("idle").Quota("cpu", "1000m", "memory", "1024Mi", "requests.storage", "0.5Gi").Obj())
	f.awaitReady("idle")
	f.settle()
	before := f.mark()
	f.awaitRenewals(2)
	f.mustHaveBeenSilent(before)

	before = f.mark()
	f.restart()
	f.mustHaveBeenSilent(before)
}

func TestADriftOfTheOwnerAnnotationIsNoChangeOfOwner(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("same-owner").Obj())
	f.awaitReady("same-owner")
	change(f, namespaceNamed("same-owner"), func(n *corev1.Namespace) { n.Annotations["owner"] = "thief@example.com" })
	f.awaitEvent("Profile", "same-owner", "Repaired")
	for _, e := range f.events("Profile", "same-owner") {
		if e.Reason == "OwnerChanged" {
			t.Errorf("the owner never changed, but an Event says: %s", e.Note)
		}
	}
}

// TestEachRepairIsTold has one thing after the other deleted. Who reads the Events must
// learn of each and not only of the first.
func TestEachRepairIsTold(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("repairs").Quota("pods", "1").Obj())
	f.awaitReady("repairs")
	for _, o := range childrenOf("repairs") {
		uid := live(f, o).GetUID()
		f.remove(o)
		f.eventually(kindAndName(o)+" is there again", func() error {
			if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(o), o); err != nil {
				return err
			}
			if o.GetUID() == uid {
				return errors.New("it is still the old one")
			}
			return nil
		})
		f.eventually("an Event tells of "+kindAndName(o), func() error {
			for _, e := range f.events("Profile", "repairs") {
				if e.Reason == "Repaired" && strings.Contains(e.Note, kindOf(o)+" "+o.GetName()) {
					return nil
				}
			}
			return errors.New("there is none")
		})
	}
}
