package profile

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// statusOf returns the status that follows from the results. What others wrote under
// condition types of their own stays; of ours there is one of each afterwards,
// whatever was there before.
func statusOf(p *profilev1.Profile, results []result, identities []profilev1.IdentityBinding, now metav1.Time) profilev1.ProfileStatus {
	status := profilev1.ProfileStatus{ObservedGeneration: p.Generation, Identities: identities}
	fresh := []profilev1.ProfileCondition{readyCondition(results)}
	for _, res := range results {
		fresh = append(fresh, conditionOf(res))
	}
	for _, c := range fresh {
		c.ObservedGeneration = p.Generation
		c.LastTransitionTime = transitionTime(p.Status.Conditions, c, now)
		status.Conditions = append(status.Conditions, c)
	}
	for _, c := range p.Status.Conditions {
		if !slices.ContainsFunc(fresh, func(f profilev1.ProfileCondition) bool { return f.Type == c.Type }) {
			status.Conditions = append(status.Conditions, c)
		}
	}
	return status
}

func conditionOf(res result) profilev1.ProfileCondition {
	if res.failure != nil {
		return profilev1.ProfileCondition{Type: res.condition, Status: metav1.ConditionFalse,
			Reason: res.failure.reason, Message: res.failure.message}
	}
	return profilev1.ProfileCondition{Type: res.condition, Status: metav1.ConditionTrue,
		Reason: res.reason, Message: res.message}
}

// readyCondition is True when every step succeeded. Otherwise it has the reason of
// the step that matters most and tells what each of the failing ones said; steps that
// only wait for the namespace add nothing to what the namespace step says.
func readyCondition(results []result) profilev1.ProfileCondition {
	ready := profilev1.ProfileCondition{Type: profilev1.ConditionReady, Status: metav1.ConditionTrue,
		Reason: profilev1.ReasonReady, Message: "Everything that the Profile asks for is in place."}
	var messages []string
	var chosen *failure
	for _, res := range results {
		if res.failure == nil || res.failure.reason == profilev1.ReasonNamespaceNotReady {
			continue
		}
		messages = append(messages, res.failure.message)
		if chosen == nil || severity(res.failure.kind) > severity(chosen.kind) {
			chosen = res.failure
		}
	}
	if chosen != nil {
		ready.Status, ready.Reason = metav1.ConditionFalse, chosen.reason
		ready.Message = strings.Join(messages, " ")
	}
	return ready
}

// transitionTime keeps the time at which the condition got its present status.
func transitionTime(before []profilev1.ProfileCondition, c profilev1.ProfileCondition, now metav1.Time) metav1.Time {
	for _, b := range before {
		if b.Type == c.Type && b.Status == c.Status && !b.LastTransitionTime.IsZero() {
			return b.LastTransitionTime
		}
	}
	return now
}
