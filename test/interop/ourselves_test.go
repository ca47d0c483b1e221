package interop

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"
)

// ourselves is what the pod of the product listens on: the access API speaks HTTP, and what the
// controller's metrics are wrapped in, TLS of their own, is any other protocol to the mesh.
const ourselves = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ourselves, namespace: kubeflow}
spec:
  ingress:
  - {port: {number: 8081, protocol: HTTP, name: kfam}, defaultEndpoint: "127.0.0.1:8081"}
  - {port: {number: 8080, protocol: TCP, name: metrics}, defaultEndpoint: "127.0.0.1:8080"}
`

const dashboard = "cluster.local/ns/kubeflow/sa/dashboard"

// TestWhoReachesTheProductItself has Istio build the sidecar of the product's own pod with the
// policy of config/istio. The chart's is held against that one in test/deploy.
func TestWhoReachesTheProductItself(t *testing.T) {
	policy, err := os.ReadFile("../../config/istio/authorization_policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	inNamespace := strings.Replace(string(policy), "metadata:\n", "metadata:\n  namespace: kubeflow\n", 1)
	labels := map[string]string{"app": "profile-controller", "kustomize.component": "profiles"}
	s := configure(t, meshSettings{}, "kubeflow", labels, []string{ourselves, inNamespace})
	engine := newEngine(t)
	http, tcp := engine.open(t, withStandins(t, s.http)), engine.open(t, withStandins(t, s.tcp))
	for _, test := range []struct {
		says, source string
		port         int
		// method is empty for what is not HTTP to the mesh.
		method, path string
		want         bool
	}{
		{"the gateway, for a user who shares", gateway, 8081, "POST", "/kfam/v1/bindings", true},
		{"the dashboard", dashboard, 8081, "GET", "/kfam/v1/bindings", true},
		{"a notebook", otherPod, 8081, "GET", "/kfam/v1/bindings", false},
		{"a caller outside the mesh", "", 8081, "GET", "/kfam/v1/bindings", false},
		{"Prometheus without a sidecar, for the access API's metrics", "", 8081, "GET", "/metrics", true},
		{"Prometheus in the mesh, for the same", "cluster.local/ns/monitoring/sa/prometheus-k8s", 8081, "GET", "/metrics", true},
		{"somebody who writes metrics", "", 8081, "POST", "/metrics", false},
		{"somebody who hides a call behind the metrics", "", 8081, "GET", "/metrics/../kfam/v1/bindings", false},
		{"Prometheus without a sidecar, for the controller's metrics over TLS", "", 8080, "", "", true},
		{"Prometheus in the mesh, for the same", "cluster.local/ns/monitoring/sa/prometheus-k8s", 8080, "", "", true},
		{"Prometheus, for the controller's metrics in the clear", "", 8080, "GET", "/metrics", true},
		{"something else than HTTP to the access API", "", 8081, "", "", false},
		{"something else than HTTP to the probes", "", 9876, "", "", false},
	} {
		headers, door := metadata.Pairs(standinPort, strconv.Itoa(test.port)), tcp
		if test.method != "" {
			door = http
			headers.Set(standinMethod, test.method)
			headers.Set(standinPath, seenByRules(t, s.connections, test.path))
		}
		if got := door.admits(t, test.source, headers); got != test.want {
			t.Errorf("%s, port %d: %s, want %s", test.says, test.port, inWords(got), inWords(test.want))
		}
	}
}
