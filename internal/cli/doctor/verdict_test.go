package doctor

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestVerdict(t *testing.T) {
	ready := func(status metav1.ConditionStatus, observed int64) *profilev1.Profile {
		p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann", Generation: 2}}
		p.Status.Conditions = []profilev1.ProfileCondition{{Type: profilev1.ConditionReady, Status: status, Reason: "Said", ObservedGeneration: observed}}
		return p
	}
	leaving := ready("True", 2)
	leaving.DeletionTimestamp = &metav1.Time{}
	for name, c := range map[string]struct {
		profile *profilev1.Profile
		status  metav1.ConditionStatus
		reason  string
	}{
		"ready":                   {ready("True", 2), "True", "Said"},
		"not ready":               {ready("False", 2), "False", "Said"},
		"ready before a change":   {ready("True", 1), "Unknown", OutOfDate},
		"refused before a change": {ready("False", 1), "Unknown", OutOfDate},
		"never looked at":         {&profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Generation: 1}}, "Unknown", NotReported},
		"being deleted":           {leaving, "False", Terminating},
	} {
		if got := Verdict(c.profile); got.Status != c.status || got.Reason != c.reason || name != "ready" && name != "not ready" && got.Message == "" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
