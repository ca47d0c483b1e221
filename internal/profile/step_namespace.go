package profile

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// namespaceStep creates, keeps or adopts the namespace, or tells why it must not.
func (r *Reconciler) namespaceStep(ctx context.Context, s *situation) result {
	v := judge(s, r.Reserved)
	if v.failure != nil {
		return namespaceResult(apply.Outcome{}, v.failure)
	}
	outcome, err := r.carryOut(ctx, s, v)
	return namespaceResult(outcome, err)
}

func namespaceResult(outcome apply.Outcome, err error) result {
	res := result{condition: profilev1.ConditionNamespaceReady, reason: profilev1.ReasonApplied,
		message: "The namespace is in place.", outcomes: []apply.Outcome{outcome}}
	if err != nil {
		res.failure = classify(err)
	}
	return res
}

func (r *Reconciler) carryOut(ctx context.Context, s *situation, v verdict) (apply.Outcome, error) {
	switch v.action {
	case create:
		return r.createNamespace(ctx, s)
	case keep:
		return r.patchNamespace(ctx, s)
	case adopt:
		outcome, err := r.patchNamespace(ctx, s)
		if err == nil {
			r.Events.adopted(s.profile)
		}
		return outcome, err
	default:
		return apply.Outcome{}, v.failure
	}
}

// createNamespace creates and never overwrites: a namespace that somebody else made in
// the meantime is looked at anew, as any other that was there before the Profile.
func (r *Reconciler) createNamespace(ctx context.Context, s *situation) (apply.Outcome, error) {
	want := desired.Namespace(s.profile, r.Settings, s.defaultLabels, nil)
	outcome, err := r.applier().Create(ctx, want)
	if err == nil {
		if wasThere(s) {
			r.Events.namespaceRecreated(s.profile)
		}
		return outcome, nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return apply.Outcome{}, err
	}
	found := &corev1.Namespace{}
	if err := r.Live.Get(ctx, client.ObjectKey{Name: s.profile.Name}, found); err != nil {
		return apply.Outcome{}, fmt.Errorf("read namespace %s: %w", s.profile.Name, err)
	}
	s.namespace = found
	return r.carryOut(ctx, s, judge(s, r.Reserved))
}

// wasThere tells whether the Profile had its namespace before, going by what the
// status last said of it.
func wasThere(s *situation) bool {
	said := condition(s.profile, profilev1.ConditionNamespaceReady)
	return said.Reason == profilev1.ReasonApplied || said.Reason == profilev1.ReasonNamespaceTerminating
}

// patchNamespace writes with an optimistic lock: what was decided holds for the
// namespace as it was read, and for no other state of it.
func (r *Reconciler) patchNamespace(ctx context.Context, s *situation) (apply.Outcome, error) {
	want := desired.Namespace(s.profile, r.Settings, s.defaultLabels, s.namespace.Labels)
	return r.applier().Patch(ctx, s.namespace, want, client.MergeFromWithOptimisticLock{})
}
