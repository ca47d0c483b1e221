package doctor

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// judgeProfiles groups the Profiles that are not ready by the reason, the most frequent first.
func judgeProfiles(profiles []profilev1.Profile) []Finding {
	const name = "Profiles"
	if len(profiles) == 0 {
		return []Finding{fine(name, "there are none yet.")}
	}
	byReason := map[string][]string{}
	var reasons []string
	notReady := 0
	for i := range profiles {
		p := &profiles[i]
		reason := whyNotReady(p)
		if reason == "" {
			continue
		}
		notReady++
		if byReason[reason] == nil {
			reasons = append(reasons, reason)
		}
		byReason[reason] = append(byReason[reason], p.Name)
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return len(byReason[b]) - len(byReason[a]) })
	findings := []Finding{}
	if ready := len(profiles) - notReady; ready > 0 {
		findings = append(findings, fine(name, "%d of %d are ready.", ready, len(profiles)))
	}
	for _, reason := range reasons {
		findings = append(findings, problem(name, fmt.Sprintf("See: kubectl profile describe %s; and docs/troubleshooting.md.", byReason[reason][0]),
			"%d not ready because of %s: %s.", len(byReason[reason]), reason, enumerate(byReason[reason])))
	}
	return findings
}

// whyNotReady is the reason of the first condition that is not True, since that of Ready may
// stand for several; or the empty string.
func whyNotReady(p *profilev1.Profile) string {
	verdict := Verdict(p)
	switch {
	case verdict.Status == metav1.ConditionTrue:
		return ""
	case verdict.Reason == Terminating:
		return "its deletion"
	case verdict.Reason == NotReported:
		return "no report by any controller (NotReported)"
	case verdict.Reason == OutOfDate:
		return "no report by any controller on the latest change (OutOfDate)"
	}
	for _, c := range p.Status.Conditions {
		if c.Type != profilev1.ConditionReady && c.Status != metav1.ConditionTrue && c.Reason != profilev1.ReasonNamespaceNotReady {
			return c.Reason
		}
	}
	return verdict.Reason
}
