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

// atHome tells whether the namespace is there and the Profile's own.
func (s *situation) atHome() bool { return s.namespace != nil && ownedBy(s.namespace, s.profile) }

func (r *Reconciler) gather(ctx context.Context, p *profilev1.Profile) (*situation, error) {
	namespace, err := r.namespaceOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return &situation{profile: p, namespace: namespace, defaultLabels: r.Labels.Labels(), identities: p.Status.Identities}, nil
}

// gatherLeaving reads what there is of a Profile that is being deleted.
func (r *Reconciler) gatherLeaving(ctx context.Context, p *profilev1.Profile) (*situation, error) {
	namespace, err := r.namespaceOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return &situation{profile: p, namespace: namespace, identities: p.Status.Identities}, nil
}

func (r *Reconciler) namespaceOf(ctx context.Context, p *profilev1.Profile) (*corev1.Namespace, error) {
	namespace := &corev1.Namespace{}
	err := r.Client.Get(ctx, client.ObjectKey{Name: p.Name}, namespace)
	switch {
	case err == nil:
		return namespace, nil
	case apierrors.IsNotFound(err):
		return nil, nil
	default:
		return nil, fmt.Errorf("read namespace %s: %w", p.Name, err)
	}
}
