package profile

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// quotaStep keeps the ResourceQuota, or removes it when the Profile sets no limits.
func (r *Reconciler) quotaStep(ctx context.Context, s *situation) result {
	res := result{condition: profilev1.ConditionQuotaReady, reason: profilev1.ReasonApplied,
		message: "The quota is in place."}
	var outcome apply.Outcome
	var err error
	if quota := desired.ResourceQuota(s.profile); quota != nil {
		outcome, err = r.applier().Ensure(ctx, quota)
	} else {
		res.reason, res.message = profilev1.ReasonNoQuota, "The Profile sets no limits."
		outcome, err = r.applier().Remove(ctx, &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{
			Namespace: s.profile.Name, Name: tenancy.ResourceQuota}})
	}
	res.outcomes = []apply.Outcome{outcome}
	if err != nil {
		res.failure = classify(err)
	}
	return res
}
