package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestTheQuotaFollowsTheProfile(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("limits").Obj())
	f.awaitReady("limits")
	f.mustBeAbsent(quotaIn("limits"))
	f.settle()

	for _, step := range []struct {
		what  string
		how   func(*profilev1.Profile)
		write string
		want  *corev1.ResourceQuotaSpec
	}{
		{"added", func(p *profilev1.Profile) { p.Spec.ResourceQuotaSpec.Hard = amounts("cpu", "1", "pods", "3") },
			"create", &corev1.ResourceQuotaSpec{Hard: amounts("cpu", "1", "pods", "3")}},
		{"changed", func(p *profilev1.Profile) { p.Spec.ResourceQuotaSpec.Hard = amounts("cpu", "4", "memory", "1Gi") },
			"patch", &corev1.ResourceQuotaSpec{Hard: amounts("cpu", "4", "memory", "1Gi")}},
		{"removed", func(p *profilev1.Profile) { p.Spec.ResourceQuotaSpec = corev1.ResourceQuotaSpec{} }, "delete", nil},
		{"added again", func(p *profilev1.Profile) { p.Spec.ResourceQuotaSpec.Hard = amounts("cpu", "1") },
			"create", &corev1.ResourceQuotaSpec{Hard: amounts("cpu", "1")}},
		{"emptied", func(p *profilev1.Profile) { p.Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{} }, "delete", nil},
	} {
		t.Run(step.what, func(t *testing.T) {
			f := f.within(t)
			before := f.mark()
			change(f, profileNamed("limits"), step.how)
			f.awaitReady("limits")
			f.settle()
			f.mustHaveWritten(before, step.write+" resourcequotas limits/"+quotaName, "patch profiles/status limits")
			if step.want == nil {
				f.mustBeAbsent(quotaIn("limits"))
				f.mustBe("limits", profilev1.ConditionQuotaReady, metav1.ConditionTrue, profilev1.ReasonNoQuota)
				return
			}
			mustEqual(t, "quota", live(f, quotaIn("limits")).Spec, *step.want)
			f.mustBe("limits", profilev1.ConditionQuotaReady, metav1.ConditionTrue, profilev1.ReasonApplied)
		})
	}
}

// TestNewScopesNeedANewQuota has a change that the API server refuses to make to an
// existing quota.
func TestNewScopesNeedANewQuota(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("scoped").Quota("pods", "3").Scopes(corev1.ResourceQuotaScopeBestEffort).Obj())
	f.awaitReady("scoped")
	first := live(f, quotaIn("scoped"))
	change(f, profileNamed("scoped"), func(p *profilev1.Profile) {
		p.Spec.ResourceQuotaSpec.Scopes = []corev1.ResourceQuotaScope{corev1.ResourceQuotaScopeNotBestEffort}
	})
	f.awaitReady("scoped")
	now := live(f, quotaIn("scoped"))
	mustEqual(t, "scopes", now.Spec.Scopes, []corev1.ResourceQuotaScope{corev1.ResourceQuotaScopeNotBestEffort})
	if now.UID == first.UID {
		t.Error("the quota is still the old one")
	}
}

func TestTheQuotaRefusesAPodThatIsTooLarge(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("frugality").Quota("requests.cpu", "2").Obj())
	f.awaitReady("frugality")
	owner := f.as("frugality@example.com")
	f.awaitAllowed("the owner who creates a small pod", f.creating(owner, MakePod("frugality", "small", "1")))
	f.eventually("the quota refuses the large pod", func() error {
		err := f.creating(owner, MakePod("frugality", "large", "3"))()
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota: "+quotaName) {
			return fmt.Errorf("the API server answers: %w", err)
		}
		return nil
	})
}

// TestUsageOfTheQuotaIsNoNews has pods come, which changes the quota's usage figures and
// nothing that the controller keeps.
func TestUsageOfTheQuotaIsNoNews(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("usage").Quota("pods", "5").Obj())
	f.awaitReady("usage")
	awaitThere(f, accountNamed("usage", "default"))
	f.eventually("the pods of the quota are counted", func() error {
		if _, counted := live(f, quotaIn("usage")).Status.Used["pods"]; !counted {
			return fmt.Errorf("they are not")
		}
		return nil
	})
	f.settle()
	before := f.mark()
	f.create(MakePod("usage", "one", "1"), MakePod("usage", "two", "1"))
	f.eventually("the quota counts the pods", func() error {
		if used := live(f, quotaIn("usage")).Status.Used["pods"]; used.Value() != 2 {
			return fmt.Errorf("it counts %s", used.String())
		}
		return nil
	})
	f.settle()
	f.mustHaveBeenSilent(before)
}
