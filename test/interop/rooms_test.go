package interop

import (
	securityv1beta1 "istio.io/api/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// The rooms that the table of requests is about.

func ownedByAnn() *room { return newRoom(profileOf(user("ann@example.com"))) }

func handedOver() *room { return ownedByAnn().reconcile(profileOf(user("ben@example.com"))) }

var (
	carl = profilev1.Contributor{Kind: rbacv1.UserKind, Name: "carl@example.com", Role: "edit"}
	team = profilev1.Contributor{Kind: rbacv1.GroupKind, Name: "ml-team", Role: "view"}
	dora = guest(rbacv1.UserKind, "dora@example.com", tenancy.RoleView)
	crew = guest(rbacv1.GroupKind, "ops-team", tenancy.RoleAdmin)
	bot  = guest(rbacv1.UserKind, "system:serviceaccount:ci:bot", tenancy.RoleEdit)
)

func shared() *room {
	return newRoom(profileOf(user("ann@example.com"), carl, team)).grant(dora).grant(crew).grant(bot)
}

func noLongerShared() *room {
	return shared().reconcile(profileOf(user("ann@example.com"))).revoke(dora).revoke(crew).revoke(bot)
}

func ownedByGroup() *room {
	return newRoom(profileOf(rbacv1.Subject{Kind: rbacv1.GroupKind, Name: "data-science"}))
}

func ownedByAccount() *room {
	return newRoom(profileOf(rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: "bot", Namespace: "ci"}))
}

const googlePrefix = "accounts.google.com:"

func behindPrefix() *room {
	settings := ownedByAnn().settings
	settings.UserIDPrefix = googlePrefix
	return newRoomWith(profileOf(user("ann@example.com"), carl), settings)
}

func strict() *room {
	settings := ownedByAnn().settings
	settings.ProbeNamespaces = []string{"knative-serving"}
	settings.TrustDomain = "cluster.local"
	return newRoomWith(profileOf(user("ann@example.com")), settings)
}

func onlyProbeNamespaces() *room {
	settings := ownedByAnn().settings
	settings.ProbeNamespaces = []string{"knative-serving", "istio-system"}
	return newRoomWith(profileOf(user("ann@example.com")), settings)
}

// behindOtherPrograms is an installation with names of its own for everything.
func behindOtherPrograms() *room {
	return newRoomWith(profileOf(rbacv1.Subject{Kind: rbacv1.GroupKind, Name: "data-science"}, carl, team), desired.Settings{
		UserIDHeader: "X-Auth-Request-Email", UserIDPrefix: "oidc:", GroupsClaim: "realm_access][roles",
		IngressGatewayPrincipal: "corp.example/ns/ingress/sa/gateway", KFPUIPrincipal: "*/ns/pipelines/sa/ui",
		NotebookControllerPrincipal: "cluster.local/ns/notebooks/sa/controller", Mesh: true})
}

// withPolicyOfOthers has a policy besides the product's that admits everybody.
func withPolicyOfOthers() *room {
	r := ownedByAnn()
	open := policyOf(r, tenancy.OwnerAuthorizationPolicy).DeepCopy()
	open.Name, open.Spec.Rules = "open", []*securityv1beta1.Rule{{}}
	r.put(open)
	return r
}

// onlyTried is a room in which somebody annotated the owner's policy for a dry run.
func onlyTried() *room {
	r := ownedByAnn()
	policyOf(r, tenancy.OwnerAuthorizationPolicy).Annotations["istio.io/dry-run"] = "true"
	return r
}

// everyRoom is for what must hold in all of them.
var everyRoom = map[string]func() *room{
	"owned by ann": ownedByAnn, "handed over": handedOver, "shared": shared, "no longer shared": noLongerShared,
	"owned by a group": ownedByGroup, "owned by a service account": ownedByAccount, "behind a prefix": behindPrefix,
	"behind other programs": behindOtherPrograms, "strict": strict, "strict about probes": onlyProbeNamespaces,
}
