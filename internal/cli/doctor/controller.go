package doctor

import (
	"context"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

func examineController(ctx context.Context, e *examination) (_ []Finding, err error) {
	if e.found, err = installation.Find(ctx, e.cluster, e.namespaces...); err != nil {
		return nil, err
	}
	return judgeController(e.found, e.namespaces), nil
}

func judgeController(found []installation.Installation, namespaces []string) []Finding {
	const name = "Controller"
	if len(found) == 0 {
		return []Finding{problem(name, "Install it: make deploy IMG=IMAGE. If it runs elsewhere, say where: --namespace NAMESPACE.",
			"there is no deployment %s in namespace %s.", installation.Deployment, strings.Join(namespaces, " or "))}
	}
	working := slices.DeleteFunc(slices.Clone(found), isIdle)
	if len(working) == 0 {
		return []Finding{judgeIdle(found)}
	}
	var findings []Finding
	for _, i := range found {
		if isIdle(i) {
			findings = append(findings, fine(name, "deployment/%s in namespace %s is scaled to zero, while the one in %s works.", i.Deployment.Name, i.Namespace, working[0].Namespace))
		} else {
			findings = append(findings, judgeDeployment(i))
		}
	}
	if len(working) > 1 {
		findings = append(findings, problem(name, "Keep one: kubectl scale --replicas=0 -n NAMESPACE deployment/"+installation.Deployment,
			"two controllers work on the same Profiles, in namespaces %s.", strings.Join(namespacesOf(working), " and ")))
	}
	return findings
}

// isIdle tells whether a controller was scaled to zero.
func isIdle(i installation.Installation) bool { return ptr.Deref(i.Deployment.Spec.Replicas, 1) == 0 }

// judgeIdle is about a cluster where no controller works. Of several, one shall.
func judgeIdle(found []installation.Installation) Finding {
	const name = "Controller"
	if len(found) > 1 {
		return problem(name, "Scale one of them up, and no more than one: kubectl scale --replicas=2 -n NAMESPACE deployment/"+installation.Deployment,
			"deployment/%s is scaled to zero in each of the namespaces %s.", installation.Deployment, strings.Join(namespacesOf(found), " and "))
	}
	d := found[0].Deployment
	return problem(name, "Scale it up: kubectl scale --replicas=2 -n "+d.Namespace+" deployment/"+d.Name, "deployment/%s in namespace %s is scaled to zero.", d.Name, d.Namespace)
}

func namespacesOf(found []installation.Installation) []string {
	var names []string
	for _, i := range found {
		names = append(names, i.Namespace)
	}
	return names
}

// controller is the one that the checks of one look at: one that works, if any does.
func (e *examination) controller() installation.Installation {
	working := slices.IndexFunc(e.found, func(i installation.Installation) bool { return !isIdle(i) })
	return e.found[max(working, 0)]
}

// judgeDeployment is about one that shall work.
func judgeDeployment(i installation.Installation) Finding {
	const name = "Controller"
	d := i.Deployment
	wanted, ready := ptr.Deref(d.Spec.Replicas, 1), d.Status.ReadyReplicas
	where := "deployment/" + d.Name + " in namespace " + d.Namespace
	see := "See why: kubectl describe pods -n " + d.Namespace + " -l " + metav1.FormatLabelSelector(d.Spec.Selector)
	switch {
	case ready == 0:
		return problem(name, see, "no pod of %s is ready (image %s).", where, i.Manager.Image)
	case ready < wanted || d.Status.UpdatedReplicas < wanted:
		return warning(name, see, "%d of %d pods of %s are ready, %d of them up to date (image %s).", ready, wanted, where, d.Status.UpdatedReplicas, i.Manager.Image)
	case wanted > 1 && i.Manager.Flag("leader-elect", "false") == "false":
		return problem(name, "Add the argument -leader-elect.", "%s has %d replicas and no leader election, so that all of them work at the same time.", where, wanted)
	default:
		return fine(name, "%d of %d pods of %s are ready (image %s).", ready, wanted, where, i.Manager.Image)
	}
}
