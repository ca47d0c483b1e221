package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestAHandEditedStatusIsRepaired(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("edited").Obj())
	f.awaitReady("edited")
	f.settle()
	for what, patch := range map[string]string{
		"removed":            `{"status":null}`,
		"without conditions": `{"status":{"conditions":null}}`,
		"half of it":         `{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"QuotaReady","status":"False","reason":"Rejected"}]}}`,
		"everything twice":   `{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Ready","status":"False"},{"type":"AccessReady","status":"True"},{"type":"AccessReady","status":"True"}]}}`,
		"a lie":              `{"status":{"observedGeneration":77,"conditions":[{"type":"Ready","status":"False","reason":"Lie","message":"All is lost.","lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":1}]}}`,
		"an unknown status":  `{"status":{"conditions":[{"type":"Ready","status":"Perhaps"}]}}`,
	} {
		t.Run(what, func(t *testing.T) {
			f := f.within(t)
			before := f.mark()
			f.patchStatus("edited", patch)
			f.awaitReady("edited")
			f.eventually("the status is sound", func() error { return unsound(f.profile("edited")) })
			f.settle()
			f.mustHaveWritten(before, "patch profiles/status edited")
		})
	}
}

func (f *fixture) patchStatus(profile, patch string) {
	f.t.Helper()
	if err := pg.Client.Status().Patch(f.ctx, profileNamed(profile), client.RawPatch(mergePatch, []byte(patch))); err != nil {
		f.t.Fatal(err)
	}
}

func TestConditionsOfOthersStay(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("annotated").Obj())
	f.awaitReady("annotated")
	f.patchStatus("annotated", `{"status":{"conditions":[{"type":"Successful","status":"True","message":"old"},{"type":"example.com/Paid","status":"False","reason":"Owes"}]}}`)
	f.awaitReady("annotated")
	change(f, profileNamed("annotated"), func(p *profilev1.Profile) { p.Spec.Owner = user("next@example.com") })
	f.awaitReady("annotated")
	p := f.profile("annotated")
	mustEqual(t, "the old controller's", condition(p, "Successful"), profilev1.ProfileCondition{Type: "Successful", Status: "True", Message: "old"})
	mustEqual(t, "somebody's", condition(p, "example.com/Paid"), profilev1.ProfileCondition{Type: "example.com/Paid", Status: "False", Reason: "Owes"})
}

// TestATransitionTimeMovesOnlyWithTheStatus has a change that leaves Ready True.
func TestATransitionTimeMovesOnlyWithTheStatus(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("timed").Obj())
	f.awaitReady("timed")
	f.patchStatus("timed", strings.ReplaceAll(`{"status":{"conditions":[{"type":"Ready","status":"True","reason":"Ready","message":"m","lastTransitionTime":"T"},{"type":"QuotaReady","status":"False","reason":"Rejected","message":"m","lastTransitionTime":"T"}]}}`,
		"T\"}", "2020-01-01T00:00:00Z\"}"))
	f.eventually("the status is sound", func() error { return unsound(f.profile("timed")) })
	p := f.profile("timed")
	if got := condition(p, profilev1.ConditionReady).LastTransitionTime.Year(); got != 2020 {
		t.Errorf("Ready did not change, but its time did, to the year %d", got)
	}
	if got := condition(p, profilev1.ConditionQuotaReady).LastTransitionTime.Year(); got == 2020 {
		t.Error("QuotaReady changed, but its time did not")
	}
}

// TestWhatTheAPIServerRefusesIsToldAndStopsNothing has a quota that the CRD lets through
// and the API server does not.
func TestWhatTheAPIServerRefusesIsToldAndStopsNothing(t *testing.T) {
	f := withController(t)
	p := MakeProfile("refused").Obj()
	p.Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{"no such resource!": amounts("n", "1")["n"]}
	f.create(p)
	c := f.awaitCondition("refused", profilev1.ConditionQuotaReady, profilev1.ReasonRejected)
	if !strings.Contains(c.Message, "The API server refused: create ResourceQuota "+quotaName) || !strings.Contains(c.Message, "no such resource!") {
		t.Errorf("the message must say what was refused and why: %s", c.Message)
	}
	f.mustBe("refused", profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonRejected)
	f.mustBe("refused", profilev1.ConditionAccessReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.mustBe("refused", profilev1.ConditionNamespaceReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.awaitEvent("Profile", "refused", profilev1.ReasonRejected)
	f.settle()

	before := f.mark()
	for _, note := range []string{"one", "two", "three"} {
		change(f, profileNamed("refused"), func(p *profilev1.Profile) { p.Annotations = map[string]string{"example.com/note": note} })
		f.settle()
	}
	f.mustHaveWritten(before)
	mustEqual(t, "message", condition(f.profile("refused"), profilev1.ConditionQuotaReady).Message, c.Message)

	change(f, profileNamed("refused"), func(p *profilev1.Profile) { p.Spec.ResourceQuotaSpec.Hard = amounts("pods", "1") })
	f.awaitReady("refused")
	f.awaitEvent("Profile", "refused", profilev1.ReasonReady)
}

// TestAnOwnerThatTheCRDLetsThroughIsRefusedByTheController has a service account with
// names that no service account can have.
func TestAnOwnerThatTheCRDLetsThroughIsRefusedByTheController(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("nowhere").AccountOwner("No_Namespace", "ci").Obj(), MakeProfile("nobody").AccountOwner("robots", "No Name").Obj())
	for name, message := range map[string]string{
		"nowhere": "spec.owner.namespace must name the namespace of the service account. Correct spec.owner; until then nothing is changed.",
		"nobody":  "spec.owner.name must be the name of a service account. Correct spec.owner; until then nothing is changed.",
	} {
		if c := f.awaitCondition(name, profilev1.ConditionReady, profilev1.ReasonInvalidOwner); c.Message != message {
			t.Errorf("the message is %q, want %q", c.Message, message)
		}
		mustEqual(t, "finalizers", f.profile(name).Finalizers, nil)
		f.mustBeAbsent(namespaceNamed(name))
	}
	change(f, profileNamed("nobody"), func(p *profilev1.Profile) { p.Spec.Owner = account("robots", "ci") })
	f.awaitReady("nobody")
}
