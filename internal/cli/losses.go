package cli

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// counted is what people miss when a namespace is gone, in the order of how much. Kinds that
// a cluster does not have are passed over.
var counted = []struct {
	kind schema.GroupVersionKind
	one  string
	many string
}{
	{schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolumeClaim"}, "volume with its data", "volumes with their data"},
	{schema.GroupVersionKind{Group: "kubeflow.org", Version: "v1", Kind: "Notebook"}, "notebook", "notebooks"},
	{schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, "deployment", "deployments"},
	{schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "StatefulSet"}, "stateful set", "stateful sets"},
	{schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"}, "job", "jobs"},
	{schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, "pod", "pods"},
	{schema.GroupVersionKind{Version: "v1", Kind: "Secret"}, "secret", "secrets"},
}

// losses says what goes with a Profile, one line each.
func losses(ctx context.Context, cluster client.Client, p *profilev1.Profile) ([]string, error) {
	var lines []string
	owned, err := ownedNamespace(ctx, cluster, p)
	if err != nil {
		return nil, err
	}
	if owned == nil {
		lines = append(lines, fmt.Sprintf("no namespace: there is none that belongs to profile %s", p.Name))
	} else {
		lines = append(lines, "the namespace "+p.Name+" with all that is in it")
		for _, c := range counted {
			n, err := count(ctx, cluster, c.kind, p.Name)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				lines = append(lines, plural(n, c.one, c.many))
			}
		}
	}
	if n := len(p.Spec.Contributors); n > 0 {
		lines = append(lines, "the access of "+plural(n, "contributor", "contributors"))
	}
	for _, identity := range p.Status.Identities {
		lines = append(lines, fmt.Sprintf("the access of service account %s to %s", identity.ServiceAccount, identity.Identity))
	}
	return lines, nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// ownedNamespace returns the Profile's namespace, or nil when it has none of its own.
func ownedNamespace(ctx context.Context, cluster client.Client, p *profilev1.Profile) (*corev1.Namespace, error) {
	namespace := &corev1.Namespace{}
	err := cluster.Get(ctx, client.ObjectKey{Name: p.Name}, namespace)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case !ownedBy(namespace, p.UID):
		return nil, nil
	default:
		return namespace, nil
	}
}

func ownedBy(object client.Object, owner types.UID) bool {
	for _, reference := range object.GetOwnerReferences() {
		if reference.UID == owner {
			return true
		}
	}
	return false
}

// namespaceRemains tells that the namespace is left, and why if it says so.
func namespaceRemains(ctx context.Context, cluster client.Client, p *profilev1.Profile) (string, error) {
	namespace, err := ownedNamespace(ctx, cluster, p)
	if err != nil || namespace == nil {
		return "", err
	}
	i := slices.IndexFunc(namespace.Status.Conditions, func(c corev1.NamespaceCondition) bool {
		return c.Type == corev1.NamespaceFinalizersRemaining && c.Status == corev1.ConditionTrue
	})
	if i < 0 {
		return "namespace " + p.Name, nil
	}
	return fmt.Sprintf("namespace %s (%s)", p.Name, namespace.Status.Conditions[i].Message), nil
}

// count is how many objects of a kind there are in a namespace.
func count(ctx context.Context, cluster client.Client, kind schema.GroupVersionKind, namespace string) (int, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind + "List"})
	err := cluster.List(ctx, list, client.InNamespace(namespace))
	switch {
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err), apierrors.IsForbidden(err):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("count what is in namespace %s: %w", namespace, err)
	default:
		return len(list.Items), nil
	}
}
