package profile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

var (
	earlier = metav1.NewTime(time.Unix(100, 0))
	later   = metav1.NewTime(time.Unix(200, 0))
)

func ok(condition profilev1.ConditionType) result {
	return result{condition: condition, reason: "Applied", message: "fine"}
}

func failed(condition profilev1.ConditionType, kind failureKind, reason string) result {
	return result{condition: condition, failure: &failure{kind: kind, reason: reason, message: reason + " happened."}}
}

func TestStatusKeepsForeignConditionsAndMendsOurs(t *testing.T) {
	p := testProfile("team")
	p.Status.Conditions = []profilev1.ProfileCondition{
		{Type: "Ready", Status: "True"},
		{Type: "Ready", Status: "False", Message: "a second one"},
		{Type: "NamespaceReady", Status: "True", LastTransitionTime: earlier},
		{Type: "QuotaReady", Status: "False", LastTransitionTime: earlier},
		{Type: "Successful", Status: "True", Message: "written by another controller"},
	}
	got := statusOf(p, []result{ok("NamespaceReady"), ok("QuotaReady")}, nil, later)
	want := profilev1.ProfileStatus{ObservedGeneration: 3, Conditions: []profilev1.ProfileCondition{
		{Type: "Ready", Status: "True", Reason: "Ready", Message: "Everything that the Profile asks for is in place.", LastTransitionTime: later, ObservedGeneration: 3},
		{Type: "NamespaceReady", Status: "True", Reason: "Applied", Message: "fine", LastTransitionTime: earlier, ObservedGeneration: 3},
		{Type: "QuotaReady", Status: "True", Reason: "Applied", Message: "fine", LastTransitionTime: later, ObservedGeneration: 3},
		{Type: "Successful", Status: "True", Message: "written by another controller"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	p.Status = got
	if diff := cmp.Diff(got, statusOf(p, []result{ok("NamespaceReady"), ok("QuotaReady")}, nil, metav1.NewTime(time.Unix(300, 0)))); diff != "" {
		t.Errorf("a second report of the same differs, and so would be written:\n%s", diff)
	}
}

func TestReadyTellsWhatMattersMost(t *testing.T) {
	tests := map[string]struct {
		results         []result
		status          metav1.ConditionStatus
		reason, message string
	}{
		"all fine": {[]result{ok("NamespaceReady"), ok("AccessReady")}, "True", "Ready", "Everything that the Profile asks for is in place."},
		"waiting and refused": {
			[]result{ok("NamespaceReady"), failed("AccessReady", waiting, "MeshNotInstalled"), failed("IdentityReady", refused, "UnknownPlugin")},
			"False", "UnknownPlugin", "MeshNotInstalled happened. UnknownPlugin happened."},
		"retry before waiting": {
			[]result{failed("AccessReady", waiting, "MeshNotInstalled"), failed("QuotaReady", retry, "Retrying")},
			"False", "Retrying", "MeshNotInstalled happened. Retrying happened."},
		"no namespace": {
			[]result{failed("NamespaceReady", refused, "ForeignNamespace"), waitForNamespace("AccessReady"), waitForNamespace("QuotaReady")},
			"False", "ForeignNamespace", "ForeignNamespace happened."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := readyCondition(test.results)
			if got.Status != test.status || got.Reason != test.reason || got.Message != test.message {
				t.Errorf("Ready = %s, %s, %q; want %s, %s, %q", got.Status, got.Reason, got.Message, test.status, test.reason, test.message)
			}
		})
	}
}
