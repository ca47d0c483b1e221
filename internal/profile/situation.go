package profile

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// situation is what one reconcile works on. It is read once at the beginning; only
// the namespace is replaced when a step learns something newer about it.
type situation struct {
	// profile is our own copy of the Profile.
	profile *profilev1.Profile
	// namespace is the namespace of the Profile's name, whoever it belongs to, or nil
	// when there is none.
	namespace *corev1.Namespace
	// defaultLabels are the labels from the namespace labels file.
	defaultLabels map[string]string
	// identities are the records of what is bound outside the cluster: as the status has
	// them at first, and as it should have them in the end.
	identities []profilev1.IdentityBinding
}

func (r *Reconciler) gather(ctx context.Context, p *profilev1.Profile) (*situation, error) {
	s := &situation{profile: p, defaultLabels: r.Labels.Labels(), identities: p.Status.Identities}
	namespace := &corev1.Namespace{}
	err := r.Client.Get(ctx, client.ObjectKey{Name: p.Name}, namespace)
	switch {
	case err == nil:
		s.namespace = namespace
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("read namespace %s: %w", p.Name, err)
	}
	return s, nil
}
