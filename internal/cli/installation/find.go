package installation

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Names of the deployment. They are fixed by what existing installations have.
const (
	// Deployment runs the controller and, as a second container, the access API.
	Deployment = "profiles-deployment"
	// Lease is what leader election is about.
	Lease = "kubeflow-profile-controller"
	// manager and kfam are the containers.
	manager = "manager"
	kfam    = "kfam"
)

// Namespaces are where a controller may run: by itself, or as a part of Kubeflow.
func Namespaces() []string { return []string{"profiles-system", "kubeflow"} }

// Installation is one controller of a cluster.
type Installation struct {
	// Namespace is where it runs.
	Namespace string
	// Deployment is what runs it.
	Deployment *appsv1.Deployment
	// Manager is the controller itself.
	Manager Program
	// KFAM is the access API, or nil where it does not run.
	KFAM *Program
}

// Find returns the controllers in these namespaces, of which there should be one.
func Find(ctx context.Context, cluster client.Reader, namespaces ...string) ([]Installation, error) {
	var found []Installation
	for _, namespace := range namespaces {
		d := &appsv1.Deployment{}
		err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: Deployment}, d)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read deployment %s in namespace %s: %w", Deployment, namespace, err)
		}
		settings, err := settingsOf(ctx, cluster, d)
		if err != nil {
			return nil, err
		}
		found = append(found, of(d, settings))
	}
	return found, nil
}

// of takes a Deployment apart. The container of the controller is the one of that name, or
// the first.
func of(d *appsv1.Deployment, settings map[string]map[string]string) Installation {
	i := Installation{Namespace: d.Namespace, Deployment: d}
	if at := ManagerContainer(d); at >= 0 {
		i.Manager = newProgram(d.Spec.Template.Spec.Containers[at], settings)
	}
	if at := KFAMContainer(d); at >= 0 {
		program := newProgram(d.Spec.Template.Spec.Containers[at], settings)
		i.KFAM = &program
	}
	return i
}

// ManagerContainer is which container is the controller, or -1 when there is none.
func ManagerContainer(d *appsv1.Deployment) int {
	if at := containerNamed(d, manager); at >= 0 || len(d.Spec.Template.Spec.Containers) == 0 {
		return at
	}
	return 0
}

// KFAMContainer is which container is the access API, or -1 when it does not run.
func KFAMContainer(d *appsv1.Deployment) int { return containerNamed(d, kfam) }

func containerNamed(d *appsv1.Deployment, name string) int {
	return slices.IndexFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool { return c.Name == name })
}

// ServiceAccount is the account that it runs under.
func (i Installation) ServiceAccount() string {
	if name := i.Deployment.Spec.Template.Spec.ServiceAccountName; name != "" {
		return name
	}
	return "default"
}

// settingsOf reads the ConfigMaps that the containers take variables from, by name. One that
// is missing counts as empty: whoever looks at the pods sees why they do not start.
func settingsOf(ctx context.Context, cluster client.Reader, d *appsv1.Deployment) (map[string]map[string]string, error) {
	settings := map[string]map[string]string{}
	for _, name := range configMapNames(d) {
		m := &corev1.ConfigMap{}
		err := cluster.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: name}, m)
		if client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("read the settings in configmap %s of namespace %s: %w", name, d.Namespace, err)
		}
		settings[name] = m.Data
	}
	return settings, nil
}

func configMapNames(d *appsv1.Deployment) []string {
	var names []string
	for _, container := range d.Spec.Template.Spec.Containers {
		for _, from := range container.EnvFrom {
			if from.ConfigMapRef != nil {
				names = append(names, from.ConfigMapRef.Name)
			}
		}
		for _, variable := range container.Env {
			if variable.ValueFrom != nil && variable.ValueFrom.ConfigMapKeyRef != nil {
				names = append(names, variable.ValueFrom.ConfigMapKeyRef.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
