package ways

import (
	"slices"
	"strconv"
	"strings"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
)

const (
	byMesh = "mesh"
	// noPolicy stands for the rule where no policy says who may send requests.
	noPolicy = "no authorizationpolicy"
	nobody   = "nobody"
)

// meshWays are the ways into a Profile's namespace that Istio leaves open, by the policies
// there and by those of the mesh's root namespace. Without a policy that allows something it
// lets everybody in, with one only those whom a rule admits; policies of the other kinds can
// only refuse.
func (m meshConventions) meshWays(profile string, policies []*istiov1beta1.AuthorizationPolicy) []Way {
	enforced := slices.DeleteFunc(slices.Clone(policies), isDryRun)
	if i := slices.IndexFunc(enforced, refusesAll); i >= 0 {
		return []Way{closed(profile, enforced[i], "refuses every request")}
	}
	allowing := slices.DeleteFunc(slices.Clone(enforced), func(p *istiov1beta1.AuthorizationPolicy) bool {
		return p.Spec.GetAction() != istioapi.AuthorizationPolicy_ALLOW
	})
	var ways []Way
	for _, p := range allowing {
		ways = append(ways, m.policyWays(profile, p)...)
	}
	forAll := slices.IndexFunc(allowing, func(p *istiov1beta1.AuthorizationPolicy) bool { return !isSelective(p) })
	switch {
	case forAll < 0:
		ways = append(ways, openToAll(profile, policies, len(allowing) > 0))
	case len(ways) == 0:
		return []Way{closed(profile, allowing[forAll], "allows nothing")}
	}
	return mayBeRefused(ways, enforced)
}

// policyWays are the ways that the rules of a policy open.
func (m meshConventions) policyWays(profile string, p *istiov1beta1.AuthorizationPolicy) []Way {
	var ways []Way
	for _, rule := range p.Spec.GetRules() {
		for _, demands := range alternatives(rule) {
			for _, e := range m.entrances(demands, p.Namespace) {
				way := Way{Profile: profile, Who: e.who, By: byMesh, May: requests(rule), Rule: policyText(p), admits: e.admits}
				if e.throughGateway {
					way.May += " through the gateway"
				}
				if onlyProbes(rule) {
					way.admits = nil
				}
				way.Note = notes(only(e.only), e.remark, reach(profile, p))
				ways = append(ways, way)
			}
		}
	}
	return slices.CompactFunc(ways, sameWay)
}

func sameWay(a, b Way) bool {
	return a.Who == b.Who && a.May == b.May && a.Rule == b.Rule && a.Note == b.Note
}

// openToAll is the way where no policy allows anything for all pods.
func openToAll(profile string, policies []*istiov1beta1.AuthorizationPolicy, others bool) Way {
	why := "without a policy that allows something the mesh refuses nobody"
	if others {
		why = "to the pods that no policy selects: there the mesh refuses nobody"
	}
	for _, p := range policies {
		if isDryRun(p) && p.Spec.GetAction() == istioapi.AuthorizationPolicy_ALLOW {
			why = notes(why, policyText(p)+" is only a dry run")
		}
	}
	return Way{Profile: profile, Who: "anybody", By: byMesh, May: everyRequest, Rule: noPolicy, Note: why, admits: func(Caller) bool { return true }}
}

// closed says that there is no way through the mesh.
func closed(profile string, p *istiov1beta1.AuthorizationPolicy, why string) Way {
	return Way{Profile: profile, Who: nobody, By: byMesh, May: "no request", Rule: policyText(p), Note: notes("it "+why, reach(profile, p))}
}

// mayBeRefused notes the policies that come before those that allow.
func mayBeRefused(ways []Way, policies []*istiov1beta1.AuthorizationPolicy) []Way {
	var names []string
	for _, p := range policies {
		if refuses(p) && len(p.Spec.GetRules()) > 0 {
			names = append(names, policyText(p))
		}
	}
	if len(names) == 0 {
		return ways
	}
	for i := range ways {
		ways[i].Note = notes(ways[i].Note, strings.Join(names, ", ")+" may refuse it")
	}
	return ways
}

// refuses tells whether a policy forbids requests, or lets an authorizer of others do so.
func refuses(p *istiov1beta1.AuthorizationPolicy) bool {
	action := p.Spec.GetAction()
	return action == istioapi.AuthorizationPolicy_DENY || action == istioapi.AuthorizationPolicy_CUSTOM
}

func refusesAll(p *istiov1beta1.AuthorizationPolicy) bool {
	return p.Spec.GetAction() == istioapi.AuthorizationPolicy_DENY && !isSelective(p) && slices.ContainsFunc(p.Spec.GetRules(), isForAll)
}

func isForAll(rule *istioapi.Rule) bool {
	return len(rule.GetFrom())+len(rule.GetTo())+len(rule.GetWhen()) == 0
}

// isDryRun tells whether Istio only tries a policy.
func isDryRun(p *istiov1beta1.AuthorizationPolicy) bool {
	tried, err := strconv.ParseBool(p.Annotations["istio.io/dry-run"])
	return err == nil && tried
}

// isSelective tells whether a policy is for some pods, or for gateways or services, only.
func isSelective(p *istiov1beta1.AuthorizationPolicy) bool {
	return len(p.Spec.GetSelector().GetMatchLabels()) > 0 || p.Spec.GetTargetRef() != nil || len(p.Spec.GetTargetRefs()) > 0
}

// reach says for which pods or namespaces a policy is, if that is not just the Profile's.
func reach(profile string, p *istiov1beta1.AuthorizationPolicy) string {
	switch {
	case p.Namespace != profile:
		return "a policy of " + p.Namespace + " for every namespace"
	case isSelective(p):
		return "for selected pods only"
	default:
		return ""
	}
}

func policyText(p *istiov1beta1.AuthorizationPolicy) string { return "authorizationpolicy/" + p.Name }

// only says on which conditions a way is open.
func only(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return "only if " + strings.Join(conditions, " and ")
}

// notes puts together what there is to say about a way.
func notes(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "; ")
}
