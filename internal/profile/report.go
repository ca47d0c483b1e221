package profile

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
)

// refusedAgainAfter is how rarely a refused Profile is looked at again although
// nothing seems to have changed. It is for causes that no watch shows, such as an
// admission webhook of somebody else that has since been corrected.
const refusedAgainAfter = 10 * time.Minute

// outrunAgainAfter is time for the change that outran us to reach the cache. Usually its
// event comes first and has the Profile looked at sooner.
const outrunAgainAfter = 100 * time.Millisecond

// report writes the status when it differs from what it was, tells people what they
// would want to know, and decides when to look again.
func (r *Reconciler) report(ctx context.Context, s *situation, results []result) (reconcile.Result, error) {
	if _, found := firstOfKind(results, outrun); found {
		return reconcile.Result{RequeueAfter: outrunAgainAfter}, nil
	}
	r.Metrics.steps(results)
	before := s.profile.DeepCopy()
	s.profile.Status = statusOf(s.profile, results, s.identities, metav1.NewTime(time.Now().Truncate(time.Second)))
	if !equality.Semantic.DeepEqual(before.Status, s.profile.Status) {
		err := r.Client.Status().Patch(ctx, s.profile, statusPatch(before, s.profile), client.FieldOwner(apply.FieldManager))
		if apierrors.IsNotFound(err) {
			return reconcile.Result{}, nil
		}
		if apierrors.IsConflict(err) {
			return reconcile.Result{RequeueAfter: outrunAgainAfter}, nil
		}
		if err != nil {
			return reconcile.Result{}, fmt.Errorf("patch status of profile %s: %w", s.profile.Name, err)
		}
		r.Metrics.wrote("Profile", "patch status")
		r.Metrics.became(before, s.profile, time.Now())
	}
	for _, c := range newFailures(before, s.profile, results) {
		log.FromContext(ctx).Info("the Profile is not as it should be", "condition", c.Type, "reason", c.Reason, "message", c.Message)
	}
	r.Events.tell(before, s.profile, results)
	return lookAgain(results)
}

// statusPatch sends what differs. Records of identities are changed only in a status
// that is still as it was read, since a merge patch replaces the whole list and none
// may be lost.
func statusPatch(before, after *profilev1.Profile) client.Patch {
	if equality.Semantic.DeepEqual(before.Status.Identities, after.Status.Identities) {
		return client.MergeFrom(before)
	}
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

// lookAgain turns failures into what the work queue understands.
func lookAgain(results []result) (reconcile.Result, error) {
	if f, found := firstOfKind(results, retry); found {
		return reconcile.Result{}, f
	}
	if f, found := firstOfKind(results, refused); found {
		return reconcile.Result{RequeueAfter: wait.Jitter(cmp.Or(f.again, refusedAgainAfter), 0.2)}, nil
	}
	return reconcile.Result{RequeueAfter: soonest(results)}, nil
}

// soonest is when the first of the steps wants to look again, or zero when none does.
func soonest(results []result) time.Duration {
	var first time.Duration
	for _, res := range results {
		if res.again > 0 && (first == 0 || res.again < first) {
			first = res.again
		}
	}
	return first
}

func firstOfKind(results []result, kind failureKind) (*failure, bool) {
	for _, res := range results {
		if res.failure != nil && res.failure.kind == kind {
			return res.failure, true
		}
	}
	return nil, false
}

// condition returns the Profile's condition of that type, or an empty one.
func condition(p *profilev1.Profile, of profilev1.ConditionType) profilev1.ProfileCondition {
	for _, c := range p.Status.Conditions {
		if c.Type == of {
			return c
		}
	}
	return profilev1.ProfileCondition{}
}
