package controller

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/desired"
)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestDefaultsAreThoseThatInstallationsDependOn(t *testing.T) {
	// The standalone deployment sets the principals to nothing, which means the default.
	o, err := parseOptions(nil, io.Discard, environment(map[string]string{"KFP_UI_PRINCIPAL": ""}))
	if err != nil {
		t.Fatal(err)
	}
	want := desired.Settings{
		UserIDHeader:                "x-goog-authenticated-user-email",
		UserIDPrefix:                "accounts.google.com:",
		GroupsClaim:                 "groups",
		IngressGatewayPrincipal:     "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
		KFPUIPrincipal:              "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
		NotebookControllerPrincipal: "cluster.local/ns/kubeflow/sa/notebook-controller-service-account",
		Mesh:                        true,
	}
	if diff := cmp.Diff(want, o.settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if o.metricsAddress != ":8080" || o.probeAddress != ":9876" || o.labelsPath != "/etc/profile-controller/namespace-labels.yaml" {
		t.Errorf("addresses and path are %s, %s, %s", o.metricsAddress, o.probeAddress, o.labelsPath)
	}
}

func TestFlagsWithOneDashAndWithTwo(t *testing.T) {
	o, err := parseOptions([]string{"-userid-header=kubeflow-userid", "--userid-prefix", "", "--leader-elect", "-mesh=none",
		"-reserved-namespaces=team-*"}, io.Discard,
		environment(map[string]string{"ISTIO_INGRESS_GATEWAY_PRINCIPAL": "mesh/ns/gw/sa/gw", "POD_NAMESPACE": "profiles-system"}))
	if err != nil {
		t.Fatal(err)
	}
	if o.settings.UserIDHeader != "kubeflow-userid" || o.settings.UserIDPrefix != "" || !o.leaderElect || o.settings.Mesh {
		t.Errorf("flags were read as %+v", o)
	}
	if o.settings.IngressGatewayPrincipal != "mesh/ns/gw/sa/gw" {
		t.Errorf("the gateway's principal is %q", o.settings.IngressGatewayPrincipal)
	}
	if !o.reserved.Contains("team-a") || !o.reserved.Contains("profiles-system") {
		t.Error("the reserved names lack those of the flag or the controller's own namespace")
	}
}

func TestStrictMeshSettings(t *testing.T) {
	o, err := parseOptions([]string{"-probe-namespaces=knative-serving, monitoring", "-trust-domain=cluster.local"}, io.Discard, environment(nil))
	if err != nil || !cmp.Equal(o.settings.ProbeNamespaces, []string{"knative-serving", "monitoring"}) || o.settings.TrustDomain != "cluster.local" {
		t.Errorf("flags were read as %+v, %v", o.settings, err)
	}
}

func TestWrongFlagsAreRefusedWithAWordOnWhy(t *testing.T) {
	tests := map[string]string{
		"-mesh=linkerd":             "must be istio or none",
		"-workers=0":                "at least 1",
		"-userid-header=":           "must not be empty",
		"-groups-claim=":            "must not be empty",
		"-userid-header=a b":        "is not the name of an HTTP header",
		"-userid-prefix=*":          "must not begin with '*'",
		"-reserved-namespaces=Team": "is not a namespace name",
		"-probe-namespaces=a,*":     "-probe-namespaces: ",
		"-trust-domain=*":           "-trust-domain: ",
		"stray":                     `unexpected argument "stray"`,
		"-no-such-flag":             "not defined",
	}
	for argument, complaint := range tests {
		if _, err := parseOptions([]string{argument}, io.Discard, environment(nil)); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s is answered with %v, want a complaint with %q", argument, err, complaint)
		}
	}
}
