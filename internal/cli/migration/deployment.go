package migration

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// Switch returns a Deployment of the existing controller with our programs in it, and the
// arguments that they do not have and that were left out. All else stays: settings, volumes,
// resources, labels, where the pods run.
func Switch(existing *appsv1.Deployment, image string) (*appsv1.Deployment, []string) {
	d := existing.DeepCopy()
	// Whoever moves wants it to run, also when it was scaled down by hand before.
	d.Spec.Replicas = ptr.To(max(ptr.Deref(d.Spec.Replicas, 1), 1))
	containers := d.Spec.Template.Spec.Containers
	var dropped []string
	if at := installation.ManagerContainer(d); at >= 0 {
		dropped = append(dropped, takeOver(&containers[at], image, nil)...)
		if !sets(containers[at].Args, "leader-elect") {
			containers[at].Args = append(containers[at].Args, "-leader-elect")
		}
	}
	if at := installation.KFAMContainer(d); at >= 0 {
		dropped = append(dropped, takeOver(&containers[at], image, []string{"/kfam"})...)
	}
	return d, dropped
}

// takeOver puts our program into a container.
func takeOver(c *corev1.Container, image string, command []string) (dropped []string) {
	c.Args, dropped = withoutForeign(installation.Arguments(*c))
	c.Image, c.Command = image, command
	for name, path := range map[string]string{"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace", "POD_UID": "metadata.uid"} {
		if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == name }) {
			c.Env = append(c.Env, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: path}}})
		}
	}
	slices.SortStableFunc(c.Env, func(a, b corev1.EnvVar) int { return podVariable(a) - podVariable(b) })
	return dropped
}

// podVariable orders the variables about the pod behind all others, and among themselves, so
// that the same Deployment always comes out the same.
func podVariable(e corev1.EnvVar) int {
	return slices.Index([]string{"POD_NAME", "POD_NAMESPACE", "POD_UID"}, e.Name)
}

// isForeign tells whether a flag is one of the existing controller that ours does not have:
// those of its logger and of its library, and one that it reads and does not use.
func isForeign(flag string) bool {
	return strings.HasPrefix(flag, "zap-") || flag == "kubeconfig" || flag == "leader-election-namespace"
}

// withoutForeign leaves out foreign flags with their values.
func withoutForeign(arguments []string) (kept, dropped []string) {
	for i := 0; i < len(arguments); i++ {
		flag, isFlag := installation.FlagName(arguments[i])
		if !isFlag || !isForeign(flag) {
			kept = append(kept, arguments[i])
			continue
		}
		dropped = append(dropped, arguments[i])
		hasValue := strings.Contains(arguments[i], "=")
		if !hasValue && i+1 < len(arguments) && !strings.HasPrefix(arguments[i+1], "-") {
			i++
			dropped = append(dropped, arguments[i])
		}
	}
	return kept, dropped
}

func sets(arguments []string, flag string) bool {
	return slices.ContainsFunc(arguments, func(argument string) bool {
		name, isFlag := installation.FlagName(argument)
		return isFlag && name == flag
	})
}
