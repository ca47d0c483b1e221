package profile

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// probe asks the plugins about bindings that are about to be recorded for the first time. It
// returns the steps without those that a plugin would not get anywhere with, and why.
func (r *Reconciler) probe(ctx context.Context, s *situation, steps []identity.Step) (rest []identity.Step, unfit []error) {
	errs := make([]error, len(steps))
	var group sync.WaitGroup
	for i, step := range steps {
		bound, _ := r.Plugins.Get(step.Plugin)
		prober, ok := bound.(plugin.Prober)
		if ok && step.Do == identity.Record && step.Unrecorded() && !r.bears(ctx, s, step.Entry) {
			group.Go(func() { errs[i] = prober.Probe(ctx, s.profile.Name, step.Binding) })
		}
	}
	group.Wait()
	for i, step := range steps {
		if errs[i] == nil {
			rest = append(rest, step)
		} else {
			unfit = append(unfit, errs[i])
		}
	}
	return rest, unfit
}

// bears tells whether the service account has the annotations of a binding. A controller before
// this one may then have bound it without a record. Its accounts need not be in the cache, which
// holds only ours.
func (r *Reconciler) bears(ctx context.Context, s *situation, e identity.Entry) bool {
	account := &corev1.ServiceAccount{}
	if err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.profile.Name, Name: e.ServiceAccount}, account); err != nil {
		return client.IgnoreNotFound(err) != nil
	}
	for key, value := range e.Annotations {
		if account.Annotations[key] != value {
			return false
		}
	}
	return len(e.Annotations) > 0
}

// neverApplied tells whether a refusal to take something back may be passed over, because the
// Profile's records are complete and this is not among them. They are complete once there was a
// report about identities: a status that was lost, as when only the rest of a Profile is
// restored from a backup, has none.
func (r *Reconciler) neverApplied(ctx context.Context, s *situation, step identity.Step, refusal error) bool {
	reported := condition(s.profile, profilev1.ConditionIdentityReady).Type != ""
	if !step.Unrecorded() || !reported || plugin.AsError(refusal).Kind != plugin.Refused || r.bears(ctx, s, step.Entry) {
		return false
	}
	log.FromContext(ctx).Info("what was never bound cannot be looked at, and is left", "plugin", step.Plugin,
		"serviceAccount", step.ServiceAccount, "identity", step.Identity, "error", refusal.Error())
	return true
}
