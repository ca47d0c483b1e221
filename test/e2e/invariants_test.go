package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// aspects are the conditions that Ready sums up.
var aspects = []profilev1.ConditionType{profilev1.ConditionNamespaceReady, profilev1.ConditionAccessReady,
	profilev1.ConditionQuotaReady, profilev1.ConditionIdentityReady}

var reasonsWhenTrue = []string{profilev1.ReasonReady, profilev1.ReasonApplied, profilev1.ReasonNoQuota, profilev1.ReasonNoPlugins}

// checkInvariants waits until what must hold of every status holds of those of this
// test's Profiles. It runs after each test that a controller worked for.
func (f *fixture) checkInvariants() {
	f.t.Helper()
	for _, name := range f.profiles {
		f.eventually("the status of profile "+name+" is sound", func() error {
			p := profileNamed(name)
			err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(p), p)
			if apierrors.IsNotFound(err) || (err == nil && p.DeletionTimestamp != nil) {
				return nil
			}
			if err != nil {
				return err
			}
			return unsound(p)
		})
	}
}

// unsound returns what is wrong with a status in itself.
func unsound(p *profilev1.Profile) error {
	var problems []error
	if p.Status.ObservedGeneration != p.Generation {
		problems = append(problems, fmt.Errorf("status.observedGeneration is %d, the generation %d", p.Status.ObservedGeneration, p.Generation))
	}
	for _, of := range append([]profilev1.ConditionType{profilev1.ConditionReady}, aspects...) {
		problems = append(problems, unsoundCondition(p, of))
	}
	return errors.Join(append(problems, unsoundSum(p))...)
}

func unsoundCondition(p *profilev1.Profile, of profilev1.ConditionType) error {
	count := 0
	for _, c := range p.Status.Conditions {
		if c.Type == of {
			count++
		}
	}
	c := condition(p, of)
	switch {
	case count != 1:
		return fmt.Errorf("there are %d conditions %s", count, of)
	case c.Reason == "" || c.Message == "" || c.LastTransitionTime.IsZero():
		return fmt.Errorf("the condition is not complete: %+v", c)
	case c.ObservedGeneration != p.Generation:
		return fmt.Errorf("%s speaks of generation %d of %d", of, c.ObservedGeneration, p.Generation)
	case (c.Status == metav1.ConditionTrue) != slices.Contains(reasonsWhenTrue, c.Reason):
		return fmt.Errorf("%s is %s with the reason %s", of, c.Status, c.Reason)
	}
	return nil
}

// unsoundSum checks Ready against the conditions that it sums up.
func unsoundSum(p *profilev1.Profile) error {
	ready, all := condition(p, profilev1.ConditionReady), true
	explained := false
	for _, of := range aspects {
		c := condition(p, of)
		all = all && c.Status == metav1.ConditionTrue
		explained = explained || (c.Status == metav1.ConditionFalse && c.Reason == ready.Reason && strings.Contains(ready.Message, c.Message))
	}
	switch {
	case all != (ready.Status == metav1.ConditionTrue):
		return fmt.Errorf("Ready is %s although the others say otherwise: %+v", ready.Status, p.Status.Conditions)
	case !all && !explained:
		return fmt.Errorf("Ready gives a reason that no failing condition gives: %+v", p.Status.Conditions)
	}
	return nil
}

// describe prints what helps to understand a failure.
func (f *fixture) describe() {
	for _, name := range f.profiles {
		p := profileNamed(name)
		if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(p), p); err != nil {
			f.t.Logf("profile %s: %v", name, err)
			continue
		}
		f.t.Logf("profile %s: generation %d, finalizers %v, deletion %v", name, p.Generation, p.Finalizers, p.DeletionTimestamp)
		for _, c := range p.Status.Conditions {
			f.t.Logf("  %s=%s %s (generation %d): %s", c.Type, c.Status, c.Reason, c.ObservedGeneration, c.Message)
		}
	}
	if f.controller != nil {
		f.t.Logf("the controller's log since this test began to use it:\n%s", logAfter(f.controller, f.logSeen))
	}
}
