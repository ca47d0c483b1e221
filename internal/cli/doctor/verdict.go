package doctor

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Reasons of a Verdict that no controller writes, since they follow from what it has not
// written yet.
const (
	// NotReported is the reason of a Profile that no controller has looked at.
	NotReported = "NotReported"
	// OutOfDate is the reason of a Profile that was changed after a controller looked at it.
	OutOfDate = "OutOfDate"
	// Terminating is the reason of a Profile that is being deleted.
	Terminating = "Terminating"
)

// Condition returns a condition of a Profile; one that nobody has reported yet is Unknown.
func Condition(p *profilev1.Profile, of profilev1.ConditionType) profilev1.ProfileCondition {
	i := slices.IndexFunc(p.Status.Conditions, func(c profilev1.ProfileCondition) bool { return c.Type == of })
	if i < 0 {
		return profilev1.ProfileCondition{Type: of, Status: metav1.ConditionUnknown, Reason: NotReported,
			Message: "No controller has reported on this Profile yet. kubectl profile doctor tells whether one runs."}
	}
	return p.Status.Conditions[i]
}

// Verdict is whether a Profile is ready at present: its condition Ready, as long as that is
// about the Profile as it is now. A Profile that is being deleted is not, whatever it says.
func Verdict(p *profilev1.Profile) profilev1.ProfileCondition {
	ready := Condition(p, profilev1.ConditionReady)
	switch {
	case p.DeletionTimestamp != nil:
		ready.Status, ready.Reason = metav1.ConditionFalse, Terminating
		ready.Message = "It is being deleted. kubectl profile describe " + p.Name + " shows what holds it."
	case ready.Reason != NotReported && ready.ObservedGeneration < p.Generation:
		ready.Status, ready.Reason = metav1.ConditionUnknown, OutOfDate
		ready.Message = "The controller has not looked at the latest change yet. kubectl profile doctor tells whether one runs."
	}
	return ready
}
