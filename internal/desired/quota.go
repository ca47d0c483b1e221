package desired

import (
	corev1 "k8s.io/api/core/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// ResourceQuota returns the namespace's quota, or nil when the Profile sets no hard
// limits and so must have none.
func ResourceQuota(p *profilev1.Profile) *corev1.ResourceQuota {
	if len(p.Spec.ResourceQuotaSpec.Hard) == 0 {
		return nil
	}
	return &corev1.ResourceQuota{
		ObjectMeta: inside(p, tenancy.ResourceQuota),
		Spec:       *p.Spec.ResourceQuotaSpec.DeepCopy(),
	}
}
