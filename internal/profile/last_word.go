package profile

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/identity"
)

// saidToFail tells whether the last report said that something is wrong with the identities, and
// not only that something is to come first or could not be found out. A process that has just started
// knows nothing of it but this.
func saidToFail(p *profilev1.Profile) bool {
	said := condition(p, profilev1.ConditionIdentityReady)
	switch said.Reason {
	case profilev1.ReasonBinding, profilev1.ReasonNamespaceNotReady, profilev1.ReasonRetrying:
		return false
	default:
		return said.Status == metav1.ConditionFalse
	}
}

// lastWord is what was last said to be wrong with the identities that the Profile still asks
// for, or nil. It is about these also in a spec that was changed elsewhere, which leaves nothing to
// do but to look after what is bound.
func lastWord(p *profilev1.Profile, steps []identity.Step) *failure {
	said := condition(p, profilev1.ConditionIdentityReady)
	changes := slices.ContainsFunc(steps, func(s identity.Step) bool { return s.Do != identity.Check })
	if !saidToFail(p) || changes && said.ObservedGeneration != p.Generation {
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
	if len(errs) == 0 {
		return nil
	}
	said := last
	if len(lasting) > 0 {
		said = allOf(lasting)
	}
	all := worst(errs)
	said.kind, said.cause = all.kind, all.cause
	return said
}
