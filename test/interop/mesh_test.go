package interop

import (
	"bytes"
	"strings"
	"testing"

	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	httprbacv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tcprbacv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/rbac/v3"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	meshconfig "istio.io/api/mesh/v1alpha1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/wellknown"
	"sigs.k8s.io/yaml"
)

// meshSettings are what the admin of a mesh sets that matters to authorization.
type meshSettings struct {
	// trustDomain is the mesh's own; empty means Istio's default, cluster.local.
	trustDomain   string
	normalization meshconfig.MeshConfig_ProxyPathNormalization_NormalizationType
}

// sidecar is what Istio tells the proxy of a pod about who may come in.
type sidecar struct {
	// http is the rules of the HTTP ports, tcp those of all others. Nil means that there are
	// none and that everybody may come in.
	http, tcp *rbacv3.RBAC
	// connections holds how paths are normalized before the rules see them.
	connections *hcmv3.HttpConnectionManager
}

// pods is what the pods of every room listen on: a port for HTTP, as notebooks have, and one
// for any other protocol.
const pods = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: pods, namespace: ` + profileName + `}
spec:
  ingress:
  - {port: {number: 8888, protocol: HTTP, name: http}, defaultEndpoint: "127.0.0.1:8888"}
  - {port: {number: 9999, protocol: TCP, name: tcp}, defaultEndpoint: "127.0.0.1:9999"}
`

// generate has Istio build the configuration of a pod in the Profile's namespace.
func generate(t *testing.T, settings meshSettings, policies []*istiov1beta1.AuthorizationPolicy) sidecar {
	t.Helper()
	documents := []string{pods}
	for _, policy := range policies {
		documents = append(documents, string(manifest(t, policy)))
	}
	return configure(t, settings, profileName, nil, documents)
}

// configure has Istio build the configuration of a pod with the labels in the namespace.
func configure(t *testing.T, settings meshSettings, namespace string, labels map[string]string, documents []string) sidecar {
	t.Helper()
	config := mesh.DefaultMeshConfig()
	if settings.trustDomain != "" {
		config.TrustDomain = settings.trustDomain
	}
	config.PathNormalization = &meshconfig.MeshConfig_ProxyPathNormalization{Normalization: settings.normalization}
	generator := core.NewConfigGenTest(t, core.TestOptions{ConfigString: strings.Join(documents, "\n---\n"), MeshConfig: config})
	proxy := generator.SetupProxy(&model.Proxy{ConfigNamespace: namespace, Labels: labels,
		Metadata: &model.NodeMetadata{Namespace: namespace, Labels: labels, IstioVersion: "1.31.0"}})
	for _, listener := range generator.Listeners(proxy) {
		if listener.Name == model.VirtualInboundListenerName {
			return inbound(t, listener)
		}
	}
	t.Fatal("Istio built no inbound listener")
	return sidecar{}
}

// manifest is what kubectl get -o yaml would show of a policy.
func manifest(t *testing.T, policy *istiov1beta1.AuthorizationPolicy) []byte {
	t.Helper()
	policy = policy.DeepCopy()
	policy.APIVersion, policy.Kind = "security.istio.io/v1beta1", "AuthorizationPolicy"
	document, err := yaml.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// inbound reads the rules out of a listener and checks that all its doors have the same.
func inbound(t *testing.T, listener *listenerv3.Listener) sidecar {
	t.Helper()
	var found sidecar
	doors := map[string]int{}
	for _, chain := range listener.FilterChains {
		if chain.Name == model.VirtualInboundBlackholeFilterChainName {
			continue
		}
		for _, filter := range chain.Filters {
			switch filter.Name {
			case wellknown.HTTPConnectionManager:
				connections := &hcmv3.HttpConnectionManager{}
				unpack(t, filter.GetTypedConfig().UnmarshalTo(connections))
				rules := httpRules(t, connections)
				mustBeTheSame(t, doors["http"] > 0, found.http, rules)
				found.http, found.connections = rules, connections
				doors["http"]++
			case wellknown.RoleBasedAccessControl:
				enforced := &tcprbacv3.RBAC{}
				unpack(t, filter.GetTypedConfig().UnmarshalTo(enforced))
				mustBeTheSame(t, doors["tcp"] > 0, found.tcp, enforced.Rules)
				found.tcp = enforced.Rules
				doors["tcp"]++
			}
		}
	}
	// The two ports of the Sidecar and all others, each with and without TLS.
	if doors["http"] < 4 || doors["tcp"] < 4 {
		t.Fatalf("Istio built too few doors with rules: %v", doors)
	}
	return found
}

func httpRules(t *testing.T, connections *hcmv3.HttpConnectionManager) *rbacv3.RBAC {
	t.Helper()
	var rules []*rbacv3.RBAC
	for _, filter := range connections.HttpFilters {
		if filter.Name == wellknown.HTTPRoleBasedAccessControl {
			enforced := &httprbacv3.RBAC{}
			unpack(t, filter.GetTypedConfig().UnmarshalTo(enforced))
			rules = append(rules, enforced.Rules)
		}
	}
	if len(rules) != 1 {
		t.Fatalf("an HTTP port has %d RBAC filters, want one", len(rules))
	}
	return rules[0]
}

func mustBeTheSame(t *testing.T, another bool, one, other proto.Message) {
	t.Helper()
	if diff := cmp.Diff(one, other, protocmp.Transform()); another && diff != "" {
		t.Fatalf("two doors of a pod have different rules:\n%s", diff)
	}
}

func unpack(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// istioTakes has Istio's webhook look at a policy, as it would on kubectl apply.
func istioTakes(t *testing.T, policy *istiov1beta1.AuthorizationPolicy) {
	t.Helper()
	parsed := parse(t, policy)
	warnings, err := validation.ValidateAuthorizationPolicy(parsed)
	if err != nil || warnings != nil {
		t.Errorf("Istio does not take the policy %s: %v, %v\n%s", policy.Name, err, warnings, manifest(t, policy))
	}
}

func parse(t *testing.T, policy *istiov1beta1.AuthorizationPolicy) config.Config {
	t.Helper()
	parsed, unknown, err := crd.ParseInputs(string(bytes.TrimSpace(manifest(t, policy))))
	if err != nil || len(unknown) > 0 || len(parsed) != 1 {
		t.Fatalf("Istio does not know %s: %v, %v", manifest(t, policy), err, unknown)
	}
	return parsed[0]
}
