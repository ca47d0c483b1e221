package awsroles

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// AnnotationRole is where the EKS pod identity webhook finds the role of a service account's
// pods.
const AnnotationRole = "eks.amazonaws.com/role-arn"

const (
	// rolloutAnnotation on the pods of the controller tells which role they were started for.
	rolloutAnnotation = "kubeflow.org/aws-role-arn"
	// restartAnnotation is what kubectl rollout restart sets.
	restartAnnotation = "kubectl.kubernetes.io/restartedAt"
)

// Controller is the installed controller.
type Controller struct {
	// Account is the service account that it runs under.
	Account    corev1.ServiceAccount
	deployment *appsv1.Deployment
	pods       []corev1.Pod
}

// FindController returns the controller that runs in the namespaces. There must be one.
func FindController(ctx context.Context, cluster client.Reader, namespaces []string) (*Controller, error) {
	found, err := installation.Find(ctx, cluster, namespaces...)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("there is no deployment %s in %v. Install the controller first, or say with --namespace where it is", installation.Deployment, namespaces)
	case len(found) > 1:
		return nil, fmt.Errorf("there is a deployment %s in each of %v. Say with --namespace which one is meant", installation.Deployment, namespaces)
	}
	c := &Controller{deployment: found[0].Deployment}
	return c, c.read(ctx, cluster, found[0].Namespace)
}

func (c *Controller) read(ctx context.Context, cluster client.Reader, namespace string) error {
	account := c.deployment.Spec.Template.Spec.ServiceAccountName
	if account == "" || account == "default" {
		return fmt.Errorf("the deployment %s runs under the namespace's default service account, which other pods have too. Give it one of its own", c.deployment.Name)
	}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: account}, &c.Account); err != nil {
		return err
	}
	selector, err := metav1.LabelSelectorAsSelector(c.deployment.Spec.Selector)
	if err != nil {
		return fmt.Errorf("the deployment %s: %w", c.deployment.Name, err)
	}
	var pods corev1.PodList
	err = cluster.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector})
	c.pods = slices.DeleteFunc(pods.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
	return err
}

// Steps have the pods of the controller get a role.
func (c *Controller) Steps(cluster client.Client, role string, now time.Time) []Step {
	return []Step{c.annotate(cluster, role), c.restart(cluster, role, now)}
}

func (c *Controller) annotate(cluster client.Client, role string) Step {
	step := Step{What: "serviceaccount/" + c.Account.Name, Found: "is annotated with the role"}
	is := c.Account.Annotations[AnnotationRole]
	if is == role {
		return step
	}
	step.Todo, step.Found = "annotated with "+role, "it had no role"
	if is != "" {
		step.Found = "it was annotated with " + is
	}
	step.Do = func(ctx context.Context) error {
		before := c.Account.DeepCopy()
		metav1.SetMetaDataAnnotation(&c.Account.ObjectMeta, AnnotationRole, role)
		return cluster.Patch(ctx, &c.Account, client.MergeFrom(before))
	}
	return step
}

func (c *Controller) restart(cluster client.Client, role string, now time.Time) Step {
	step := Step{What: "deployment/" + c.deployment.Name, Found: "was started with the role"}
	if c.runsWith(role) {
		return step
	}
	step.Todo, step.Found = "restarted, so that its pods get the role", c.runs()
	step.Do = func(ctx context.Context) error {
		before := c.deployment.DeepCopy()
		pods := &c.deployment.Spec.Template.ObjectMeta
		metav1.SetMetaDataAnnotation(pods, rolloutAnnotation, role)
		metav1.SetMetaDataAnnotation(pods, restartAnnotation, now.UTC().Format(time.RFC3339))
		return cluster.Patch(ctx, c.deployment, client.MergeFrom(before))
	}
	return step
}

// runs says which roles the pods have.
func (c *Controller) runs() string {
	var roles []string
	for i := range c.pods {
		role := roleOf(&c.pods[i])
		if role == "" {
			role = "no role"
		}
		roles = append(roles, role)
	}
	if len(roles) == 0 {
		return "it had no pods"
	}
	slices.Sort(roles)
	return "its pods had " + strings.Join(slices.Compact(roles), " and ")
}

// runsWith tells whether the pods were started for a role: so says the template, or each of
// them; and none says another.
func (c *Controller) runsWith(role string) bool {
	with, without := 0, 0
	for i := range c.pods {
		switch roleOf(&c.pods[i]) {
		case role:
			with++
		case "":
			without++
		default:
			return false
		}
	}
	return c.deployment.Spec.Template.Annotations[rolloutAnnotation] == role || with > 0 && without == 0
}

// roleOf is the role that the EKS pod identity webhook gave a pod, or empty.
func roleOf(p *corev1.Pod) string {
	for _, container := range p.Spec.Containers {
		for _, variable := range container.Env {
			if variable.Name == "AWS_ROLE_ARN" {
				return variable.Value
			}
		}
	}
	return ""
}
