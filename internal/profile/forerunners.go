package profile

import (
	"context"
	"fmt"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// removeForerunners deletes what the existing access API once granted to contributors who
// now are taken out of spec.contributors: the same role for the same user, in objects that
// are named in its way and lie outside the cache. Without this, somebody whom the Profile
// names no longer could still get in. It goes before the objects that the Profile declared,
// since those tell the next run that there is something left to do.
func (r *Reconciler) removeForerunners(ctx context.Context, leaving []client.Object) error {
	for _, o := range leaving {
		c, err := contributor.Read(o.(*rbacv1.RoleBinding))
		if err != nil {
			continue // Somebody has changed it; it grants what nobody declared, and goes by itself.
		}
		key := client.ObjectKey{Namespace: c.Namespace, Name: contributor.LegacyName(c)}
		if r.Settings.Mesh {
			var policy istiov1beta1.AuthorizationPolicy
			is := func() bool { of, ok := contributor.ReadPolicy(&policy); return ok && of == c }
			if err := r.removeIf(ctx, key, &policy, is); err != nil {
				return err
			}
		}
		var binding rbacv1.RoleBinding
		is := func() bool { of, err := contributor.Read(&binding); return err == nil && of == c }
		if err := r.removeIf(ctx, key, &binding, is); err != nil {
			return err
		}
	}
	return nil
}

// removeIf reads an object past the cache and deletes it if it is what was meant.
func (r *Reconciler) removeIf(ctx context.Context, key client.ObjectKey, object client.Object, isMeant func() bool) error {
	err := r.Live.Get(ctx, key, object)
	switch {
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err): // Without a mesh there are no policies.
		return nil
	case err != nil:
		return fmt.Errorf("read %s of a contributor who leaves: %w", key.Name, err)
	case !isMeant():
		return nil
	}
	// The cache never held it, so there is nothing to wait for.
	err = r.Client.Delete(ctx, object, client.DisableReadYourWritesConsistency,
		client.Preconditions{UID: ptr.To(object.GetUID()), ResourceVersion: ptr.To(object.GetResourceVersion())})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete %s of a contributor who leaves: %w", key.Name, err)
	}
	return nil
}
