package profile

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
)

// addFinalizer holds a Profile back from disappearing. Only a Profile that has something
// outside the cluster needs that: the rest is the garbage collector's, whether this
// controller runs or not.
func (r *Reconciler) addFinalizer(ctx context.Context, p *profilev1.Profile) error {
	return r.patchFinalizer(ctx, p, controllerutil.AddFinalizer)
}

func (r *Reconciler) dropFinalizer(ctx context.Context, p *profilev1.Profile) error {
	return r.patchFinalizer(ctx, p, controllerutil.RemoveFinalizer)
}

// patchFinalizer locks against writers in between: a merge patch replaces the whole list
// of finalizers.
func (r *Reconciler) patchFinalizer(ctx context.Context, p *profilev1.Profile, change func(client.Object, string) bool) error {
	before := p.DeepCopy()
	if !change(p, profilev1.ProfileFinalizer) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, p, patch, client.FieldOwner(apply.FieldManager)); err != nil {
		return fmt.Errorf("patch finalizer of profile %s: %w", p.Name, err)
	}
	r.Metrics.wrote("Profile", "patch")
	return nil
}
