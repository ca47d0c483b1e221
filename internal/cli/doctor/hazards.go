package doctor

import (
	"slices"
	"strings"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// dryRunAnnotation has Istio log what a policy would decide and not decide it.
// Source: https://istio.io/latest/docs/reference/config/annotations/
const dryRunAnnotation = "istio.io/dry-run"

// Hazards are mesh policies in the namespaces of Profiles that do something else than they
// seem to, which the existing controller and its access API made possible, and which
// the controller leaves alone.
func Hazards(profiles []profilev1.Profile, policies []*istiov1beta1.AuthorizationPolicy) []Finding {
	const name = "Mesh policies"
	var findings []Finding
	for _, p := range profiles {
		if strings.Contains(p.Spec.Owner.Name, "*") {
			findings = append(findings, problem("Owner of "+p.Name, "Correct it: kubectl profile transfer "+p.Name+" --owner USER",
				"%q is a pattern. The controller refuses it, and the policy that the existing controller made from it, if there is one, goes on admitting everybody whom it fits.", p.Spec.Owner.Name))
		}
	}
	for _, policy := range policies {
		i := slices.IndexFunc(profiles, func(p profilev1.Profile) bool { return p.Name == policy.Namespace })
		if i < 0 {
			continue
		}
		where := "authorizationpolicy/" + policy.Name + " in namespace " + policy.Namespace
		if patterns := patternsOf(policy); len(patterns) > 0 && !isOwners(policy, profiles[i]) {
			findings = append(findings, problem(name, "Revoke it: kubectl delete authorizationpolicy,rolebinding -n "+policy.Namespace+" "+policy.Name,
				"%s admits everybody who fits %s.", where, enumerate(patterns)))
		}
		if dryRun, set := policy.Annotations[dryRunAnnotation]; set && dryRun != "false" {
			findings = append(findings, problem(name, "Put it in force: kubectl annotate authorizationpolicy -n "+policy.Namespace+" "+policy.Name+" "+dryRunAnnotation+"-",
				"%s is annotated %s: the mesh logs what it would decide, and does not go by it.", where, dryRunAnnotation))
		}
	}
	return findings
}

// isOwners tells whether a policy follows from an owner that is a pattern, which is told of
// the Profile.
func isOwners(policy *istiov1beta1.AuthorizationPolicy, p profilev1.Profile) bool {
	return policy.Name == tenancy.OwnerAuthorizationPolicy && strings.Contains(p.Spec.Owner.Name, "*")
}

// patternsOf are the names of users and groups in a policy for one of them that the mesh reads
// as patterns.
func patternsOf(policy *istiov1beta1.AuthorizationPolicy) []string {
	if policy.Annotations[tenancy.UserAnnotation] == "" || policy.Annotations[tenancy.RoleAnnotation] == "" {
		return nil
	}
	var patterns []string
	for _, rule := range policy.Spec.Rules {
		for _, condition := range rule.When {
			for _, value := range condition.Values {
				if strings.HasPrefix(value, "*") || strings.HasSuffix(value, "*") {
					patterns = append(patterns, value)
				}
			}
		}
	}
	return patterns
}
