package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// losses says what goes with a Profile, one line each. What may not be looked at is named, too.
func losses(ctx context.Context, cluster client.Client, p *profilev1.Profile) ([]string, error) {
	lines, hidden, err := namespaceLosses(ctx, cluster, p)
	if err != nil {
		return nil, err
	}
	if n := len(p.Spec.Contributors); n > 0 {
		lines = append(lines, "the access of "+plural(n, "contributor", "contributors"))
	}
	for _, identity := range p.Status.Identities {
		lines = append(lines, fmt.Sprintf("the access of service account %s to %s", identity.ServiceAccount, identity.Identity))
	}
	if len(hidden) > 0 {
		lines = append(lines, strings.Join(hidden, ", ")+": you may not count them")
	}
	return lines, nil
}

// namespaceLosses says what goes with the namespace, and what of it one may not count.
func namespaceLosses(ctx context.Context, cluster client.Client, p *profilev1.Profile) (lines, hidden []string, err error) {
	owned, err := ownedNamespace(ctx, cluster, p)
	switch {
	case apierrors.IsForbidden(err):
		lines = append(lines, "the namespace "+p.Name+", if it is this Profile's, with all that is in it: you may not look at it")
	case err != nil:
		return nil, nil, err
	case owned == nil:
		return []string{fmt.Sprintf("no namespace: there is none that belongs to profile %s", p.Name)}, nil, nil
	default:
		lines = append(lines, "the namespace "+p.Name+" with all that is in it")
	}
	for _, c := range counted {
		n, err := count(ctx, cluster, c.kind, p.Name)
		switch {
		case apierrors.IsForbidden(err):
			hidden = append(hidden, c.many)
		case err != nil:
			return nil, nil, fmt.Errorf("count what is in namespace %s: %w", p.Name, err)
		case n > 0:
			lines = append(lines, plural(n, c.one, c.many))
		}
	}
	n, err := countGranted(ctx, cluster, p)
	switch {
	case apierrors.IsForbidden(err):
		hidden = append(hidden, "contributors added in the dashboard")
	case err != nil:
		return nil, nil, fmt.Errorf("list who may work in namespace %s: %w", p.Name, err)
	case n > 0:
		lines = append(lines, "the access of "+plural(n, "contributor", "contributors")+" added in the dashboard")
	}
	return lines, hidden, nil
}

// countGranted is how many contributors there are besides those of spec.contributors.
func countGranted(ctx context.Context, cluster client.Client, p *profilev1.Profile) (int, error) {
	var bindings rbacv1.RoleBindingList
	err := cluster.List(ctx, &bindings, client.InNamespace(p.Name))
	return len(granted(p, bindings.Items)), err
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

// namespaceRemains tells that the namespace is left, and why if it says so. Who may not look at it
// does not wait for it.
func namespaceRemains(ctx context.Context, cluster client.Client, p *profilev1.Profile) (string, error) {
	namespace, err := ownedNamespace(ctx, cluster, p)
	if err != nil || namespace == nil {
		if apierrors.IsForbidden(err) {
			return "", nil
		}
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

// count is how many objects of a kind there are in a namespace. Nothing of them is read but their
// metadata.
func count(ctx context.Context, cluster client.Client, kind schema.GroupVersionKind, namespace string) (int, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind + "List"})
	err := cluster.List(ctx, list, client.InNamespace(namespace))
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return 0, nil
	}
	return len(list.Items), err
}
