package desired

import (
	rbacv1 "k8s.io/api/rbac/v1"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// OwnerPolicy returns the AuthorizationPolicy that admits the owner, the namespace's
// own pods, Knative's probes and the notebook controller's idleness checks, and so
// nobody else: in Istio a workload with any ALLOW policy refuses what none allows.
func OwnerPolicy(p *profilev1.Profile, settings Settings) *istiov1beta1.AuthorizationPolicy {
	policy := &istiov1beta1.AuthorizationPolicy{ObjectMeta: inside(p, tenancy.OwnerAuthorizationPolicy)}
	policy.Annotations = admits(p.Spec.Owner.Name, tenancy.RoleAdmin)
	policy.Spec.Action = istioapi.AuthorizationPolicy_ALLOW
	policy.Spec.Rules = []*istioapi.Rule{
		ownerThroughGateway(p.Spec.Owner, settings),
		fromOwnNamespace(p.Name, settings),
		knativeProbes(settings),
		idlenessChecks(settings),
	}
	return policy
}

func ownerThroughGateway(owner rbacv1.Subject, settings Settings) *istioapi.Rule {
	return &istioapi.Rule{
		From: fromPrincipals(settings.IngressGatewayPrincipal, settings.KFPUIPrincipal),
		When: []*istioapi.Condition{isOwner(owner, settings)},
	}
}

// isOwner recognises a group by a claim of the verified token and everybody else by
// the user header, a service account by its full name: the bare one may be a person's. A
// header that lists groups, separated by commas, cannot be matched safely, because Istio
// compares the whole value.
func isOwner(owner rbacv1.Subject, settings Settings) *istioapi.Condition {
	if owner.Kind == rbacv1.GroupKind {
		return &istioapi.Condition{
			Key:    "request.auth.claims[" + settings.GroupsClaim + "]",
			Values: []string{owner.Name},
		}
	}
	return &istioapi.Condition{
		Key:    "request.headers[" + settings.UserIDHeader + "]",
		Values: []string{settings.UserIDPrefix + tenancy.Username(owner)},
	}
}

// fromOwnNamespace admits pods by the name of their namespace. Without a trust domain to go
// by that is a namespace of this name in any cluster that the mesh trusts.
func fromOwnNamespace(name string, settings Settings) *istioapi.Rule {
	if settings.TrustDomain != "" {
		return &istioapi.Rule{From: fromNamespaces(settings, name)}
	}
	return &istioapi.Rule{When: []*istioapi.Condition{{Key: "source.namespace", Values: []string{name}}}}
}

func knativeProbes(settings Settings) *istioapi.Rule {
	rule := &istioapi.Rule{To: []*istioapi.Rule_To{{
		Operation: &istioapi.Operation{Paths: []string{"/healthz", "/metrics", "/wait-for-drain"}},
	}}}
	if len(settings.ProbeNamespaces) > 0 {
		rule.From = fromNamespaces(settings, settings.ProbeNamespaces...)
	}
	return rule
}

func fromNamespaces(settings Settings, names ...string) []*istioapi.Rule_From {
	if settings.TrustDomain == "" {
		return []*istioapi.Rule_From{{Source: &istioapi.Source{Namespaces: names}}}
	}
	var principals []string
	for _, name := range names {
		principals = append(principals, settings.TrustDomain+"/ns/"+name+"/sa/*")
	}
	return fromPrincipals(principals...)
}

func idlenessChecks(settings Settings) *istioapi.Rule {
	return &istioapi.Rule{
		From: fromPrincipals(settings.NotebookControllerPrincipal),
		To: []*istioapi.Rule_To{{
			Operation: &istioapi.Operation{Methods: []string{"GET"}, Paths: []string{"*/api/kernels"}},
		}},
	}
}

func fromPrincipals(principals ...string) []*istioapi.Rule_From {
	return []*istioapi.Rule_From{{Source: &istioapi.Source{Principals: principals}}}
}
