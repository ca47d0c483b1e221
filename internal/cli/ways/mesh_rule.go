package ways

import (
	"strings"

	istioapi "istio.io/api/security/v1beta1"
)

// demand is something that must hold of a request: what key stands for is one of the values,
// and none of the others.
type demand struct {
	key     string
	is, not []string
}

// text is how a demand reads as a condition.
func (d demand) text() string {
	var parts []string
	if len(d.is) > 0 {
		parts = append(parts, d.key+" is "+strings.Join(d.is, " or "))
	}
	if len(d.not) > 0 {
		parts = append(parts, d.key+" is not "+strings.Join(d.not, " or "))
	}
	return strings.Join(parts, " and ")
}

// Keys of the conditions by which programs are told apart, of which all but serviceAccount
// and trustDomain are Istio's own.
const (
	principalKey   = "source.principal"
	namespaceKey   = "source.namespace"
	accountKey     = "source.serviceAccount"
	trustDomainKey = "source.trustDomain"
	tokenKey       = "request.auth.principal"
)

// alternatives writes a rule out: a request is admitted when all demands of one of them hold.
func alternatives(rule *istioapi.Rule) [][]demand {
	var when []demand
	for _, c := range rule.GetWhen() {
		when = append(when, demand{c.GetKey(), c.GetValues(), c.GetNotValues()})
	}
	if len(rule.GetFrom()) == 0 {
		return [][]demand{when}
	}
	var all [][]demand
	for _, from := range rule.GetFrom() {
		all = append(all, append(sourceDemands(from.GetSource()), when...))
	}
	return all
}

func sourceDemands(s *istioapi.Source) []demand {
	var demands []demand
	for _, d := range []demand{
		{principalKey, s.GetPrincipals(), s.GetNotPrincipals()},
		{accountKey, s.GetServiceAccounts(), s.GetNotServiceAccounts()},
		{namespaceKey, s.GetNamespaces(), s.GetNotNamespaces()},
		{trustDomainKey, s.GetTrustDomains(), s.GetNotTrustDomains()},
		{tokenKey, s.GetRequestPrincipals(), s.GetNotRequestPrincipals()},
		{"source.ip", s.GetIpBlocks(), s.GetNotIpBlocks()},
		{"remote.ip", s.GetRemoteIpBlocks(), s.GetNotRemoteIpBlocks()},
	} {
		if len(d.is)+len(d.not) > 0 {
			demands = append(demands, d)
		}
	}
	return demands
}
