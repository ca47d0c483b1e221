package cli

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestList(t *testing.T) {
	term := open(t,
		makeProfile("ann", "ann@example.com").contributor("User", "ben@example.com", "edit").plugin("AwsIamForServiceAccount").plugin("AwsIamForServiceAccount").ready().obj(),
		makeProfile("vision", "").owner("Group", "vision").condition(profilev1.ConditionReady, metav1.ConditionFalse, "ForeignNamespace", "The namespace is somebody else's.").obj(),
		makeProfile("new", "carla@example.com").obj())
	term.prints("list", `
NAME     OWNER               READY     REASON             AGE
ann      ann@example.com     True      Ready              2d
new      carla@example.com   Unknown   NotReported        2d
vision   Group:vision        False     ForeignNamespace   2d
`)
	term.prints("list -o wide", `
NAME     OWNER               READY     REASON             AGE   CONTRIBUTORS   PLUGINS                   MESSAGE
ann      ann@example.com     True      Ready              2d    1              AwsIamForServiceAccount   Everything that the Profile asks for is in place.
new      carla@example.com   Unknown   NotReported        2d    0              <none>                    No controller has reported on this Profile yet. kubectl profile doctor tells whether one runs.
vision   Group:vision        False     ForeignNamespace   2d    0              <none>                    The namespace is somebody else's.
`)
	term.prints("ls -o name", `
profile.kubeflow.org/ann
profile.kubeflow.org/new
profile.kubeflow.org/vision
`)
	term.fails("list ann", 2, `unexpected argument "ann"`)
	term.fails("list -o xml", 2, "unable to match a printer")
}

// TestListBelievesNoOldReport has one Profile that was changed, and one that was deleted, since
// the controller called them ready.
func TestListBelievesNoOldReport(t *testing.T) {
	changed, leaving := makeProfile("changed", "carl").ready().obj(), makeProfile("leaving", "lea").ready().obj()
	changed.Generation = 2
	leaving.Finalizers, leaving.DeletionTimestamp = []string{"profile-finalizer"}, &metav1.Time{Time: noon}
	term := open(t, changed, leaving)
	term.prints("list -o wide", `
NAME      OWNER   READY     REASON        AGE   CONTRIBUTORS   PLUGINS   MESSAGE
changed   carl    Unknown   OutOfDate     2d    0              <none>    The controller has not looked at the latest change yet. kubectl profile doctor tells whether one runs.
leaving   lea     False     Terminating   2d    0              <none>    It is being deleted. kubectl profile describe leaving shows what holds it.
`)
	term.prints("get changed", `
NAME      OWNER   READY     REASON      AGE
changed   carl    Unknown   OutOfDate   2d
`)
}

func TestListOfNothingSaysHowToBegin(t *testing.T) {
	term := open(t)
	term.prints("list", "")
	if want := "There are no Profiles. Create one: kubectl profile create NAME --owner USER\n"; term.err.String() != want {
		t.Errorf("it says %q, want %q", term.err.String(), want)
	}
	term.prints("list -o name", "")
}
