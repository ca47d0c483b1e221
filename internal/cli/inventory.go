package cli

import (
	"context"
	"fmt"
	"slices"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// owned is one object that a Profile should have.
type owned struct {
	kind, name string
	// state is in place, missing, not ours, or a word about what it is doing.
	state string
	// mark is unknown where one may not look.
	mark sign
}

func (o owned) text() string { return o.kind + "/" + o.name }

// inventory is what there is of a Profile besides itself.
type inventory struct {
	// objects are the namespace and what is in it.
	objects []owned
	// namespace is nil when there is none, or none that one may look at.
	namespace *corev1.Namespace
	// quota is nil when there is none.
	quota    *corev1.ResourceQuota
	bindings []rbacv1.RoleBinding
	// bindingsHidden is true when one may not list them.
	bindingsHidden bool
}

// takeInventory reads what a Profile should own. What one may not read is marked so, and
// leaves the rest alone.
func takeInventory(ctx context.Context, cluster client.Client, p *profilev1.Profile) (inventory, error) {
	var found inventory
	namespace := &corev1.Namespace{}
	switch err := cluster.Get(ctx, client.ObjectKey{Name: p.Name}, namespace); {
	case apierrors.IsNotFound(err):
		found.objects = append(found.objects, owned{"namespace", p.Name, missing, bad})
		return found, nil
	case apierrors.IsForbidden(err):
		found.objects = append(found.objects, owned{"namespace", p.Name, hidden, unknown})
	case err != nil:
		return found, err
	default:
		found.namespace = namespace
		found.objects = append(found.objects, namespaceState(namespace, p))
	}
	for _, wanted := range expected(p) {
		state, err := look(ctx, cluster, p, wanted)
		if err != nil {
			return found, err
		}
		found.objects = append(found.objects, state)
		if quota, ok := wanted.(*corev1.ResourceQuota); ok && state.state != missing && state.state != hidden {
			found.quota = quota
		}
	}
	var bindings rbacv1.RoleBindingList
	err := cluster.List(ctx, &bindings, client.InNamespace(p.Name))
	found.bindings, found.bindingsHidden = bindings.Items, apierrors.IsForbidden(err)
	if err != nil && !found.bindingsHidden {
		return found, fmt.Errorf("list who may work in namespace %s: %w", p.Name, err)
	}
	return found, nil
}

func namespaceState(namespace *corev1.Namespace, p *profilev1.Profile) owned {
	switch {
	case !ownedBy(namespace, p.UID):
		return owned{"namespace", p.Name, foreign, bad}
	case namespace.DeletionTimestamp != nil:
		return owned{"namespace", p.Name, leaving, bad}
	default:
		return owned{"namespace", p.Name, inPlace, good}
	}
}

const (
	inPlace = "in place"
	missing = "missing"
	foreign = "not this Profile's"
	leaving = "being deleted"
	hidden  = "you may not look at it"
)

// expected are the objects that a Profile has in its namespace, empty but for their names.
func expected(p *profilev1.Profile) []client.Object {
	named := func(o client.Object, name string) client.Object {
		o.SetNamespace(p.Name)
		o.SetName(name)
		return o
	}
	var objects []client.Object
	for _, name := range accounts(p) {
		objects = append(objects, named(&corev1.ServiceAccount{}, name))
	}
	for _, name := range []string{tenancy.EditorServiceAccount, tenancy.ViewerServiceAccount, tenancy.OwnerRoleBinding} {
		objects = append(objects, named(&rbacv1.RoleBinding{}, name))
	}
	// The condition AccessReady names an entry that cannot be carried out.
	declared, _ := desired.Contributors(p, desired.Settings{})
	for _, binding := range declared.RoleBindings {
		objects = append(objects, named(&rbacv1.RoleBinding{}, binding.Name))
	}
	objects = append(objects, named(&istiov1beta1.AuthorizationPolicy{}, tenancy.OwnerAuthorizationPolicy))
	for _, policy := range declared.Policies {
		objects = append(objects, named(&istiov1beta1.AuthorizationPolicy{}, policy.Name))
	}
	if len(p.Spec.ResourceQuotaSpec.Hard) > 0 {
		objects = append(objects, named(&corev1.ResourceQuota{}, tenancy.ResourceQuota))
	}
	return objects
}

// accounts are the service accounts that every Profile has, and those that plugins bound.
func accounts(p *profilev1.Profile) []string {
	names := []string{tenancy.EditorServiceAccount, tenancy.ViewerServiceAccount}
	for _, identity := range p.Status.Identities {
		if !slices.Contains(names, identity.ServiceAccount) {
			names = append(names, identity.ServiceAccount)
		}
	}
	return names
}

// look reads an object into wanted and says how it stands.
func look(ctx context.Context, cluster client.Client, p *profilev1.Profile, wanted client.Object) (owned, error) {
	state := owned{kind: kindOf(wanted), name: wanted.GetName()}
	err := cluster.Get(ctx, client.ObjectKeyFromObject(wanted), wanted)
	switch {
	case meta.IsNoMatchError(err):
		// A cluster without Istio has no policies, and needs none when it says -mesh=none.
		state.state, state.mark = "the cluster has no Istio", good
	case apierrors.IsNotFound(err) && isPolicy(wanted) && isSatisfied(p):
		state.state, state.mark = "none, as the controller wants it: -mesh=none", good
	case apierrors.IsNotFound(err) && isShared(wanted):
		// It comes when it is bound, and never for a record that the controller did not write.
		state.state, state.mark = "not there", unknown
	case apierrors.IsNotFound(err):
		state.state, state.mark = missing, bad
	case apierrors.IsForbidden(err):
		state.state, state.mark = hidden, unknown
	case err != nil:
		return state, err
	case !ownedBy(wanted, p.UID) && !isShared(wanted):
		state.state, state.mark = foreign, bad
	default:
		state.state, state.mark = inPlace, good
	}
	return state, nil
}

func isPolicy(o client.Object) bool {
	_, is := o.(*istiov1beta1.AuthorizationPolicy)
	return is
}

// isSatisfied tells whether the controller says that everybody gets in who shall.
func isSatisfied(p *profilev1.Profile) bool {
	access := conditionOf(p, profilev1.ConditionAccessReady)
	return access.Status == metav1.ConditionTrue && access.ObservedGeneration == p.Generation
}

// isShared tells whether an object may be there without being the Profile's own: a service
// account that a plugin bound, which somebody else may have made before.
func isShared(o client.Object) bool {
	_, account := o.(*corev1.ServiceAccount)
	return account && o.GetName() != tenancy.EditorServiceAccount && o.GetName() != tenancy.ViewerServiceAccount
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
