package profile

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Events tells people what they would want to know about a Profile and cannot read
// from its conditions: what happened, rather than what is. The ordinary course, from a
// new Profile to a ready one, is not worth an Event; each costs a write.
type Events struct {
	Recorder events.EventRecorder
}

func (e Events) adopted(p *profilev1.Profile) {
	e.normal(p, "NamespaceAdopted", "Adopt",
		"The namespace %s existed and named the same owner; it belongs to this Profile now and will be removed with it.", p.Name)
}

func (e Events) namespaceRecreated(p *profilev1.Profile) {
	e.Recorder.Eventf(p, nil, corev1.EventTypeWarning, "NamespaceRecreated", "Create",
		"The namespace %s was deleted while its Profile lives, so it was created again, empty. To be rid of both, delete the Profile.", p.Name)
}

// tell compares what the status said before with what it says now.
func (e Events) tell(before, now *profilev1.Profile, results []result) {
	if ownerChanged(before, results) {
		e.normal(now, "OwnerChanged", "Transfer", "The owner is now %s %s; the former owner has lost access.",
			now.Spec.Owner.Kind, now.Spec.Owner.Name)
	}
	for _, repair := range repairs(before, results) {
		e.Recorder.Eventf(now, repair.object, corev1.EventTypeNormal, "Repaired", "Repair", "%s", repair.note)
	}
	for _, c := range newFailures(before, now, results) {
		e.Recorder.Eventf(now, nil, corev1.EventTypeWarning, c.Reason, "Reconcile", "%s", asNote(c.Message))
	}
	was, is := condition(before, profilev1.ConditionReady), condition(now, profilev1.ConditionReady)
	if was.Status == metav1.ConditionFalse && !passing(was.Reason) && is.Status == metav1.ConditionTrue {
		e.normal(now, profilev1.ReasonReady, "Reconcile", "%s", is.Message)
	}
}

// longestNote is what the API server takes, in bytes.
const longestNote = 1024

// asNote cuts a message that is too long for an Event; the condition has all of it.
func asNote(message string) string {
	const rest = " … (see the condition)"
	if len(message) <= longestNote {
		return message
	}
	return strings.ToValidUTF8(message[:longestNote-len(rest)], "") + rest
}

// passing tells whether a reason only says that another step comes first, or that work
// is going on as it should.
func passing(reason string) bool {
	return reason == profilev1.ReasonNamespaceNotReady || reason == profilev1.ReasonBinding
}

// newFailures are the conditions that fail now for another reason than before, or did not
// fail before.
func newFailures(before, now *profilev1.Profile, results []result) []profilev1.ProfileCondition {
	var failures []profilev1.ProfileCondition
	for _, res := range results {
		was, is := condition(before, res.condition), condition(now, res.condition)
		if res.failure == nil || passing(is.Reason) || (was.Reason == is.Reason && was.Message == is.Message) {
			continue
		}
		failures = append(failures, is)
	}
	return failures
}

func (e Events) normal(p *profilev1.Profile, reason, action, note string, args ...any) {
	e.Recorder.Eventf(p, nil, corev1.EventTypeNormal, reason, action, note, args...)
}

// ownerChanged tells whether the Profile was carried out for another owner before: its
// spec changed since, and the owner's binding had other subjects.
func ownerChanged(before *profilev1.Profile, results []result) bool {
	for _, res := range results {
		was := condition(before, res.condition)
		if was.ObservedGeneration == 0 || was.ObservedGeneration == before.Generation {
			continue
		}
		if slices.ContainsFunc(res.outcomes, func(o apply.Outcome) bool {
			return o.Kind == "RoleBinding" && o.Name == tenancy.OwnerRoleBinding && slices.Contains(o.Fields, "subjects")
		}) {
			return true
		}
	}
	return false
}

// repair is one object that was put back.
type repair struct {
	// object makes the Event one of its own: Events about the same Profile for the same
	// reason are counted as one, whatever their notes say.
	object *corev1.ObjectReference
	note   string
}

// repairs lists the objects that had to be put back although the Profile had been
// carried out as it stands: somebody changed or deleted them.
func repairs(before *profilev1.Profile, results []result) []repair {
	var repaired []repair
	for _, res := range results {
		was := condition(before, res.condition)
		if was.Status != metav1.ConditionTrue || was.ObservedGeneration != before.Generation {
			continue
		}
		for _, o := range res.outcomes {
			if o.Kind == "Namespace" && o.Action == apply.Created {
				return nil
			}
			if note := repairNote(o); note != "" {
				repaired = append(repaired, repair{note: note, object: referenceTo(o, before.Name)})
			}
		}
	}
	return repaired
}

func referenceTo(o apply.Outcome, namespace string) *corev1.ObjectReference {
	if o.Kind == "Namespace" {
		namespace = ""
	}
	return &corev1.ObjectReference{Kind: o.Kind, Namespace: namespace, Name: o.Name, FieldPath: strings.Join(o.Fields, ",")}
}

func repairNote(o apply.Outcome) string {
	switch o.Action {
	case apply.Patched, apply.Recreated:
		return fmt.Sprintf("%s %s was brought back to what the Profile says (%s).", o.Kind, o.Name, strings.Join(o.Fields, ", "))
	case apply.Created:
		return fmt.Sprintf("%s %s was missing and is back.", o.Kind, o.Name)
	case apply.Removed:
		return fmt.Sprintf("%s %s was removed: the Profile asks for none.", o.Kind, o.Name)
	default:
		return ""
	}
}

// labelsBroken tells about the namespace labels file, on the controller's own Pod. It
// leaves the mistake to the log: a second Event within minutes is counted into the first,
// and would show the first one's mistake.
func (e Events) labelsBroken(self *corev1.Pod) {
	if self == nil {
		return
	}
	e.Recorder.Eventf(self, nil, corev1.EventTypeWarning, "NamespaceLabelsBroken", "Reload",
		"The namespace labels file cannot be used; the last good labels stay in force. Correct it; the controller's log names the mistake.")
}
