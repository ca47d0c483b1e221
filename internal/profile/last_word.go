package profile

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// saidToFail tells whether the last report said that something is wrong with the identities. A
// process that has just started knows nothing of it but this.
func saidToFail(p *profilev1.Profile) bool {
	said := condition(p, profilev1.ConditionIdentityReady)
	return said.Status == metav1.ConditionFalse && said.Reason != profilev1.ReasonBinding && said.Reason != profilev1.ReasonNamespaceNotReady
}

// lastWord is what was last said to be wrong with the identities that the Profile still asks
// for, or nil.
func lastWord(p *profilev1.Profile) *failure {
	said := condition(p, profilev1.ConditionIdentityReady)
	if !saidToFail(p) || said.ObservedGeneration != p.Generation {
		return nil
	}
	return &failure{kind: waiting, reason: said.Reason, message: said.Message}
}

// standing returns what the errors come to, or the last word when they say no more than that the
// plugins are at work. It stands while they look again, so that nobody is told in between that
// all is well, or that there is something else to wait for. When to look again they say all
// the same.
func standing(last *failure, errs []error) *failure {
	var lasting []error
	for _, err := range errs {
		if classify(err).reason != profilev1.ReasonBinding {
			lasting = append(lasting, err)
		}
	}
	if len(lasting) > 0 || len(errs) == 0 {
		return allOf(lasting)
	}
	working := worst(errs)
	last.kind, last.cause = working.kind, working.cause
	return last
}
