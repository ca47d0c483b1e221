package access

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
)

// policySteps reads a namespace and plans. Where no mesh is wanted nothing is created or
// rewritten, but what was made when there was one is still removed with its RoleBinding.
// The policies are read first: a policy that is there by then had its RoleBinding before, so
// one whose RoleBinding is not found afterwards was really revoked, and is not half of a
// grant that another process is about to finish.
func (k *Keeper) policySteps(ctx context.Context, namespace string) ([]step, error) {
	policies := &istiov1beta1.AuthorizationPolicyList{}
	err := k.Client.List(ctx, policies, client.InNamespace(namespace))
	if unserved(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the AuthorizationPolicies of %s: %w", namespace, err)
	}
	bindings, err := k.listBindings(ctx, namespace)
	if err != nil {
		return nil, err
	}
	steps := planPolicies(bindings, policies.Items, k.Settings)
	if !k.Mesh {
		steps = slices.DeleteFunc(steps, func(s step) bool { return s.verb != remove })
	}
	return steps, nil
}

// unserved tells whether a list failed because the cluster has no Istio: a namespace that
// does not exist gives an empty list, never such an error.
func unserved(err error) bool { return meta.IsNoMatchError(err) || apierrors.IsNotFound(err) }

// perform carries out one step. Another process that does the same at the same moment is
// no failure.
func (k *Keeper) perform(ctx context.Context, s step) error {
	switch s.verb {
	case create:
		err := k.Client.Create(ctx, s.want, client.FieldOwner(FieldOwner))
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create AuthorizationPolicy %s: %w", s.want.Name, err)
		}
	case rewrite:
		if err := k.rewrite(ctx, s.live, s.want); err != nil {
			return fmt.Errorf("patch AuthorizationPolicy %s: %w", s.live.Name, err)
		}
	case remove:
		err := k.Client.Delete(ctx, s.live, client.Preconditions{UID: ptr.To(s.live.UID), ResourceVersion: ptr.To(s.live.ResourceVersion)})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete AuthorizationPolicy %s: %w", s.live.Name, err)
		}
	}
	return nil
}

// rewrite sends what differs. The spec is wholly ours; of the annotations only ours are set.
func (k *Keeper) rewrite(ctx context.Context, live, want *istiov1beta1.AuthorizationPolicy) error {
	after := live.DeepCopy()
	want.Spec.DeepCopyInto(&after.Spec)
	if after.Annotations == nil {
		after.Annotations = map[string]string{}
	}
	for key, value := range want.Annotations {
		after.Annotations[key] = value
	}
	patch := client.MergeFromWithOptions(live, client.MergeFromWithOptimisticLock{})
	return k.Client.Patch(ctx, after, patch, client.FieldOwner(FieldOwner))
}
