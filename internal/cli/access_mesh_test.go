package cli

import (
	"context"
	"strings"
	"testing"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"
)

// policy reads the spec of a policy, which is named as NAMESPACE/NAME.
func policy(t *testing.T, name, spec string) *istiov1beta1.AuthorizationPolicy {
	t.Helper()
	p := &istiov1beta1.AuthorizationPolicy{}
	if err := yaml.Unmarshal([]byte("spec: "+spec), p); err != nil {
		t.Fatal(err)
	}
	p.Namespace, p.Name, _ = strings.Cut(name, "/")
	return p
}

// meshRoom is a cluster with the Profile ann, nothing of it but these.
func meshRoom(t *testing.T, objects ...client.Object) *terminal {
	t.Helper()
	return open(t, append(objects, makeProfile("ann", "ann@example.com").obj(), meshController())...)
}

const gatewaySource = "from: [{source: {principals: [cluster.local/ns/istio-system/sa/gateway]}}]"

func TestAccessOfALockedNamespace(t *testing.T) {
	meshRoom(t, policy(t, "ann/locked", "{}")).prints("access ann", `
PROFILE   WHO      BY     MAY          RULE                         NOTE
ann       nobody   mesh   no request   authorizationpolicy/locked   it allows nothing
`)
	meshRoom(t, policy(t, "ann/deny", "{action: DENY, rules: [{}]}"), policy(t, "ann/allow", "{rules: [{}]}")).prints("access ann", `
PROFILE   WHO      BY     MAY          RULE                       NOTE
ann       nobody   mesh   no request   authorizationpolicy/deny   it refuses every request
`)
	meshRoom(t, policy(t, "ann/locked", "{}")).prints("access --user eve -o json", "[]\n")
}

func TestAccessByTheRootNamespaceOfTheMesh(t *testing.T) {
	denyAll := policy(t, "istio-system/global-deny-all", "{}")
	ofGateway := policy(t, "istio-system/gateway", "{selector: {matchLabels: {app: gateway}}, rules: [{}]}")
	const locked = `
PROFILE   WHO      BY     MAY          RULE                                  NOTE
ann       nobody   mesh   no request   authorizationpolicy/global-deny-all   it allows nothing; a policy of istio-system for every namespace
`
	meshRoom(t, denyAll, ofGateway, policy(t, "other/open", "{rules: [{}]}")).prints("access ann", locked)
	term := meshRoom(t, denyAll, policy(t, "istio-system/staff", `{rules: [{when: [{key: "request.headers[kubeflow-userid]", values: ["*@corp.com"]}], `+gatewaySource+`}]}`))
	const staff = `
PROFILE   WHO          BY     MAY                                 RULE                        NOTE
ann       *@corp.com   mesh   every request through the gateway   authorizationpolicy/staff   a policy of istio-system for every namespace
`
	term.prints("access ann", staff)
	term.prints("access --user eve@corp.com", staff)
	mesh := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "istio-system", Name: "istio"}, Data: map[string]string{"mesh": "rootNamespace: mesh-config\n"}}
	meshRoom(t, mesh, denyAll).prints("access ann", `
PROFILE   WHO       BY     MAY             RULE                     NOTE
ann       anybody   mesh   every request   no authorizationpolicy   without a policy that allows something the mesh refuses nobody
`)
	denyAll.Namespace = "mesh-config"
	denyAll.ResourceVersion = ""
	meshRoom(t, mesh, denyAll).prints("access ann", strings.ReplaceAll(locked, "istio-system", "mesh-config"))
}

func TestAccessWithoutAMesh(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").obj()
	term := open(t, append(withRules(p), meshController())...)
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if _, are := list.(*istiov1beta1.AuthorizationPolicyList); are {
				return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "security.istio.io", Kind: "AuthorizationPolicy"}}
			}
			return c.List(ctx, list, options...)
		}})
	const says = "The cluster has no Istio, so that only the network decides who reaches the pods.\n"
	term.prints("access ann", `
PROFILE   WHO                                 BY     MAY             RULE                         NOTE
ann       Group:auditors                      RBAC   view            rolebinding/auditors         
ann       ServiceAccount:ann/default-editor   RBAC   edit            rolebinding/default-editor   
ann       ServiceAccount:ann/default-viewer   RBAC   view            rolebinding/default-viewer   
ann       mallory                             RBAC   Role deployer   rolebinding/forged           its annotations claim "someone" as "view"
ann       ServiceAccount:ann/ci               RBAC   Role deployer   rolebinding/forged           its annotations claim "someone" as "view"
ann       ann@example.com                     RBAC   admin           rolebinding/namespaceAdmin   
`)
	if term.err.String() != says {
		t.Errorf("it says %q", term.err.String())
	}
	term.prints("access --user nobody", "")
	if got := term.err.String(); got != "Nowhere.\n"+says {
		t.Errorf("it says %q", got)
	}
}

func TestAccessToPodsThatNoPolicySelects(t *testing.T) {
	meshRoom(t, policy(t, "ann/one-app", "{selector: {matchLabels: {app: a}}, rules: [{from: [{source: {namespaces: [kubeflow]}}]}]}")).prints("access ann", `
PROFILE   WHO                          BY     MAY             RULE                          NOTE
ann       pods of namespace kubeflow   mesh   every request   authorizationpolicy/one-app   for selected pods only
ann       anybody                      mesh   every request   no authorizationpolicy        to the pods that no policy selects: there the mesh refuses nobody
`)
	meshRoom(t, policy(t, "ann/at-waypoint", "{targetRefs: [{kind: Service, name: a}], rules: [{}]}")).prints("access ann", `
PROFILE   WHO       BY     MAY             RULE                              NOTE
ann       anybody   mesh   every request   authorizationpolicy/at-waypoint   for selected pods only
ann       anybody   mesh   every request   no authorizationpolicy            to the pods that no policy selects: there the mesh refuses nobody
`)
	dryRun := policy(t, "ann/tried", "{}")
	dryRun.Annotations = map[string]string{"istio.io/dry-run": "true"}
	meshRoom(t, dryRun).prints("access ann", `
PROFILE   WHO       BY     MAY             RULE                     NOTE
ann       anybody   mesh   every request   no authorizationpolicy   without a policy that allows something the mesh refuses nobody; authorizationpolicy/tried is only a dry run
`)
}

func TestAccessByConditions(t *testing.T) {
	term := meshRoom(t, policy(t, "ann/p", `
  rules:
  - from: [{source: {ipBlocks: [10.0.0.0/8]}}]
  - from: [{source: {requestPrincipals: ["https://idp/eve@corp.com"]}}]
  - from: [{source: {notPrincipals: [cluster.local/ns/x/sa/y]}}]
  - from: [{source: {principals: [cluster.local/ns/ci/sa/bot], notNamespaces: [b]}}, {source: {serviceAccounts: [ci/bot, default-editor]}}]
    when: [{key: "request.headers[x-env]", values: [prod, test]}, {key: "source.ip", notValues: [1.2.3.4]}]
  - when: [{key: "request.auth.claims[email]", values: [eve@corp.com]}]
  - when: [{key: "request.auth.claims[groups]", values: [vision]}, {key: "request.headers[Kubeflow-UserID]", values: [eve@corp.com], notValues: [mallory]}]
  - when: [{key: "request.headers[kubeflow-userid]", values: ["*"]}]
  - `+gatewaySource+`
    to: [{operation: {hosts: [a.example], ports: ["80"], notPaths: [/admin]}}, {operation: {notMethods: [DELETE]}}]
  - from: [{source: {namespaces: [istio-system]}}, {source: {trustDomains: [corp]}}]
    to: [{operation: {paths: [/a]}}, {operation: {}}]
`))
	term.prints("access ann", `
PROFILE   WHO                                                BY     MAY                                                                         RULE                    NOTE
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.ip is 10.0.0.0/8
ann       request.auth.principal=https://idp/eve@corp.com    mesh   every request                                                               authorizationpolicy/p   
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.principal is not cluster.local/ns/x/sa/y
ann       program cluster.local/ns/ci/sa/bot                 mesh   every request                                                               authorizationpolicy/p   only if source.namespace is not b and request.headers[x-env] is prod or test and source.ip is not 1.2.3.4
ann       ServiceAccount:ci/bot                              mesh   every request                                                               authorizationpolicy/p   only if request.headers[x-env] is prod or test and source.ip is not 1.2.3.4
ann       ServiceAccount:ann/default-editor                  mesh   every request                                                               authorizationpolicy/p   only if request.headers[x-env] is prod or test and source.ip is not 1.2.3.4
ann       request.auth.claims[email]=eve@corp.com            mesh   every request                                                               authorizationpolicy/p   
ann       eve@corp.com                                       mesh   every request                                                               authorizationpolicy/p   only if request.auth.claims[groups] is vision and request.headers[Kubeflow-UserID] is not mallory
ann       every user                                         mesh   every request                                                               authorizationpolicy/p   whoever reaches the pods may claim this name: no gateway is asked for
ann       program cluster.local/ns/istio-system/sa/gateway   mesh   to host a.example to port 80 but not /admin; every request but not DELETE   authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       pods of namespace istio-system                     mesh   every request                                                               authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.trustDomain is corp
`)
	term.prints("access --user eve@corp.com", `
PROFILE   WHO                                                BY     MAY                                                                         RULE                    NOTE
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.ip is 10.0.0.0/8
ann       request.auth.principal=https://idp/eve@corp.com    mesh   every request                                                               authorizationpolicy/p   
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.principal is not cluster.local/ns/x/sa/y
ann       request.auth.claims[email]=eve@corp.com            mesh   every request                                                               authorizationpolicy/p   
ann       eve@corp.com                                       mesh   every request                                                               authorizationpolicy/p   only if request.auth.claims[groups] is vision and request.headers[Kubeflow-UserID] is not mallory
ann       every user                                         mesh   every request                                                               authorizationpolicy/p   whoever reaches the pods may claim this name: no gateway is asked for
ann       program cluster.local/ns/istio-system/sa/gateway   mesh   to host a.example to port 80 but not /admin; every request but not DELETE   authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       pods of namespace istio-system                     mesh   every request                                                               authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.trustDomain is corp
`)
	term.prints("access --user system:serviceaccount:ci:bot", `
PROFILE   WHO                                                BY     MAY                                                                         RULE                    NOTE
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.ip is 10.0.0.0/8
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.principal is not cluster.local/ns/x/sa/y
ann       program cluster.local/ns/ci/sa/bot                 mesh   every request                                                               authorizationpolicy/p   only if source.namespace is not b and request.headers[x-env] is prod or test and source.ip is not 1.2.3.4
ann       ServiceAccount:ci/bot                              mesh   every request                                                               authorizationpolicy/p   only if request.headers[x-env] is prod or test and source.ip is not 1.2.3.4
ann       every user                                         mesh   every request                                                               authorizationpolicy/p   whoever reaches the pods may claim this name: no gateway is asked for
ann       program cluster.local/ns/istio-system/sa/gateway   mesh   to host a.example to port 80 but not /admin; every request but not DELETE   authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       pods of namespace istio-system                     mesh   every request                                                               authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.trustDomain is corp
`)
	term.prints("access --group vision", `
PROFILE   WHO                                                BY     MAY                                                                         RULE                    NOTE
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.ip is 10.0.0.0/8
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.principal is not cluster.local/ns/x/sa/y
ann       every user                                         mesh   every request                                                               authorizationpolicy/p   whoever reaches the pods may claim this name: no gateway is asked for
ann       program cluster.local/ns/istio-system/sa/gateway   mesh   to host a.example to port 80 but not /admin; every request but not DELETE   authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       pods of namespace istio-system                     mesh   every request                                                               authorizationpolicy/p   the gateway is among them, and brings everybody's requests
ann       whoever meets the conditions                       mesh   every request                                                               authorizationpolicy/p   only if source.trustDomain is corp
`)
}

func TestAccessOfAnybody(t *testing.T) {
	term := meshRoom(t, policy(t, "ann/open", "{rules: [{}]}"))
	const open = `
PROFILE   WHO       BY     MAY             RULE                       NOTE
ann       anybody   mesh   every request   authorizationpolicy/open   
`
	term.prints("access ann", open)
	term.prints("access --user eve@corp.com", open)
}

func TestAccessThatMayBeRefused(t *testing.T) {
	tried := policy(t, "ann/tried", "{action: DENY, rules: [{}]}")
	tried.Annotations = map[string]string{"istio.io/dry-run": "true"}
	meshRoom(t, policy(t, "ann/open", "{rules: [{}]}"), tried, policy(t, "ann/without-rules", "{action: DENY}"), policy(t, "ann/audit", "{action: AUDIT, rules: [{}]}"),
		policy(t, "ann/asks", "{action: CUSTOM, provider: {name: x}, rules: [{}]}"),
		policy(t, "ann/no-delete", "{action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}"),
		policy(t, "ann/one-app", "{action: DENY, selector: {matchLabels: {app: a}}, rules: [{}]}")).prints("access ann", `
PROFILE   WHO       BY     MAY             RULE                       NOTE
ann       anybody   mesh   every request   authorizationpolicy/open   authorizationpolicy/asks, authorizationpolicy/no-delete, authorizationpolicy/one-app may refuse it
`)
}
