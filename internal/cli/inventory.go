package cli

import (
	"context"
	"fmt"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// owned is one object that a Profile should have.
type owned struct {
	kind, name string
	// state is in place, missing, not ours, or a word about what it is doing.
	state string
	good  bool
}

// inventory is what there is of a Profile besides itself.
type inventory struct {
	objects []owned
	// quota is nil when there is none.
	quota    *corev1.ResourceQuota
	bindings []rbacv1.RoleBinding
}

// takeInventory reads what a Profile should own. What may not be read is an error, since a
// tree with holes would mislead.
func takeInventory(ctx context.Context, cluster client.Client, p *profilev1.Profile) (inventory, error) {
	var found inventory
	namespace := &corev1.Namespace{}
	switch err := cluster.Get(ctx, client.ObjectKey{Name: p.Name}, namespace); {
	case apierrors.IsNotFound(err):
		found.objects = append(found.objects, owned{kind: "namespace", name: p.Name, state: "missing"})
		return found, nil
	case err != nil:
		return found, err
	default:
		found.objects = append(found.objects, namespaceState(namespace, p))
	}
	for _, wanted := range expected(p) {
		state, err := look(ctx, cluster, p, wanted)
		if err != nil {
			return found, err
		}
		found.objects = append(found.objects, state)
		if quota, ok := wanted.(*corev1.ResourceQuota); ok && state.state != missing {
			found.quota = quota
		}
	}
	var bindings rbacv1.RoleBindingList
	if err := cluster.List(ctx, &bindings, client.InNamespace(p.Name)); err != nil {
		return found, fmt.Errorf("list who may work in namespace %s: %w", p.Name, err)
	}
	found.bindings = bindings.Items
	return found, nil
}

func namespaceState(namespace *corev1.Namespace, p *profilev1.Profile) owned {
	state := owned{kind: "namespace", name: p.Name, state: inPlace, good: true}
	switch {
	case !ownedBy(namespace, p.UID):
		state.state, state.good = "not this Profile's", false
	case namespace.DeletionTimestamp != nil:
		state.state, state.good = "being deleted", false
	}
	return state
}

const (
	inPlace = "in place"
	missing = "missing"
)

// expected are the objects that every Profile has in its namespace, empty but for their names.
func expected(p *profilev1.Profile) []client.Object {
	named := func(o client.Object, name string) client.Object {
		o.SetNamespace(p.Name)
		o.SetName(name)
		return o
	}
	objects := []client.Object{
		named(&corev1.ServiceAccount{}, tenancy.EditorServiceAccount), named(&corev1.ServiceAccount{}, tenancy.ViewerServiceAccount),
		named(&rbacv1.RoleBinding{}, tenancy.EditorServiceAccount), named(&rbacv1.RoleBinding{}, tenancy.ViewerServiceAccount),
		named(&rbacv1.RoleBinding{}, tenancy.OwnerRoleBinding), named(&istiov1beta1.AuthorizationPolicy{}, tenancy.OwnerAuthorizationPolicy),
	}
	if len(p.Spec.ResourceQuotaSpec.Hard) > 0 {
		objects = append(objects, named(&corev1.ResourceQuota{}, tenancy.ResourceQuota))
	}
	return objects
}

// look reads an object into wanted and says how it stands.
func look(ctx context.Context, cluster client.Client, p *profilev1.Profile, wanted client.Object) (owned, error) {
	state := owned{kind: kindOf(wanted), name: wanted.GetName()}
	err := cluster.Get(ctx, client.ObjectKeyFromObject(wanted), wanted)
	switch {
	case meta.IsNoMatchError(err):
		// A cluster without Istio has no policies, and needs none when it says -mesh=none.
		state.state, state.good = "the cluster has no Istio", true
	case apierrors.IsNotFound(err):
		state.state = missing
	case err != nil:
		return state, err
	case !ownedBy(wanted, p.UID):
		state.state = "not this Profile's"
	default:
		state.state, state.good = inPlace, true
	}
	return state, nil
}

func kindOf(o client.Object) string {
	switch o.(type) {
	case *corev1.ServiceAccount:
		return "serviceaccount"
	case *rbacv1.RoleBinding:
		return "rolebinding"
	case *corev1.ResourceQuota:
		return "resourcequota"
	default:
		return "authorizationpolicy"
	}
}
