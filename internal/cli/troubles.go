package cli

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// troubles tell what is wrong and what to do: the conditions that are not True, or Ready where
// none of the others says more, and the objects that are not as they should be.
func (d description) troubles() []string {
	var lines []string
	for _, c := range d.profile.Status.Conditions {
		if c.Status != metav1.ConditionTrue && c.Type != profilev1.ConditionReady {
			lines = append(lines, d.conditionLine(c))
		}
	}
	verdict := doctor.Verdict(d.profile)
	switch {
	case len(lines) > 0 || verdict.Status == metav1.ConditionTrue || verdict.Reason == doctor.Terminating:
	case verdict.Reason == doctor.NotReported || verdict.Reason == doctor.OutOfDate:
		lines = append(lines, unknown.paint(d.terminal)+" "+verdict.Message)
	default:
		lines = append(lines, d.conditionLine(verdict))
	}
	for _, text := range d.objectTroubles() {
		lines = append(lines, bad.paint(d.terminal)+" "+plain.Text(text))
	}
	return lines
}

func (d description) conditionLine(c profilev1.ProfileCondition) string {
	text := string(c.Type)
	if c.Reason != "" {
		text += " (" + c.Reason + ")"
	}
	message := c.Message
	if message == "" {
		message = "whoever wrote this gives no reason. kubectl profile doctor tells whether our controller runs."
	}
	return signOf(c.Status).paint(d.terminal) + " " + plain.Text(text+": "+message)
}

// objectTroubles are about what is missing or another's, as far as conditions do not say so.
// In a Profile that is being deleted nothing has to be there.
func (d description) objectTroubles() []string {
	if d.profile.DeletionTimestamp != nil || len(d.objects) == 0 {
		return nil
	}
	if namespace := d.objects[0]; namespace.mark == bad {
		return d.namespaceTroubles(namespace)
	}
	byState := map[string][]string{}
	for _, o := range d.objects {
		if o.mark == bad {
			byState[o.state] = append(byState[o.state], o.text())
		}
	}
	var lines []string
	if absent := byState[missing]; len(absent) > 0 {
		lines = append(lines, "missing: "+strings.Join(absent, ", ")+". The controller makes what is missing; if it does not, see: kubectl profile doctor")
	}
	if others := byState[foreign]; len(others) > 0 {
		lines = append(lines, fmt.Sprintf("%s: %s. The controller takes them over when it looks again; to have it look now: kubectl annotate --overwrite profile %s looked-at=\"$(date)\"",
			foreign, strings.Join(others, ", "), d.profile.Name))
	}
	return lines
}

// namespaceTroubles are about a namespace without which nothing else can be in place.
func (d description) namespaceTroubles(namespace owned) []string {
	said := doctor.Condition(d.profile, profilev1.ConditionNamespaceReady)
	reported := said.Reason != doctor.NotReported
	switch {
	case reported && said.Status != metav1.ConditionTrue, doctor.Verdict(d.profile).Reason == doctor.NotReported:
		return nil
	case namespace.state == missing:
		return []string{namespace.text() + " is missing. The controller makes it; if it does not, see: kubectl profile doctor"}
	case namespace.state == foreign:
		return []string{fmt.Sprintf("%s is %s. Delete one of the two, or hand the namespace over: kubectl annotate --overwrite namespace %s owner=%q",
			namespace.text(), foreign, namespace.name, d.profile.Spec.Owner.Name)}
	default:
		return []string{namespace.text() + " is " + namespace.state + ". The controller makes it again, empty, when it is gone."}
	}
}

// holders are what a deletion waits for: finalizers of the Profile, and what the namespace says.
func (d description) holders() []string {
	var lines []string
	if d.profile.DeletionTimestamp != nil {
		for _, finalizer := range d.profile.Finalizers {
			lines = append(lines, plain.Text("finalizer "+finalizer+": "+waitsFor(finalizer)))
		}
	}
	if len(d.objects) == 0 || d.objects[0].state != leaving {
		return lines
	}
	what := "namespace/" + d.namespace.Name + ": "
	before := len(lines)
	for _, c := range d.namespace.Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			lines = append(lines, plain.Text(what+c.Message))
		}
	}
	if len(lines) == before {
		lines = append(lines, what+"being deleted for "+d.since(d.namespace.DeletionTimestamp.Time))
	}
	return lines
}

// waitsFor says until when a finalizer stays.
func waitsFor(finalizer string) string {
	switch finalizer {
	case profilev1.ProfileFinalizer:
		return "until the controller has taken the cloud identities back; whether it works tells: kubectl profile doctor"
	case metav1.FinalizerDeleteDependents:
		return "until all that the Profile owns is gone"
	default:
		return "until the program that put it there takes it off"
	}
}
