package desired

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before committing it")

func testSettings() Settings {
	return Settings{
		UserIDHeader:                "kubeflow-userid",
		UserIDPrefix:                "accounts.example.com:",
		GroupsClaim:                 "groups",
		IngressGatewayPrincipal:     "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
		KFPUIPrincipal:              "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
		NotebookControllerPrincipal: "cluster.local/ns/kubeflow/sa/notebook-controller-service-account",
		Mesh:                        true,
	}
}

func profileOf(owner rbacv1.Subject, hard corev1.ResourceList) *profilev1.Profile {
	return &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: "team-a", UID: "1b4e28ba-2fa1-11d2-883f-0016d3cca427"},
		Spec:       profilev1.ProfileSpec{Owner: owner, ResourceQuotaSpec: corev1.ResourceQuotaSpec{Hard: hard}},
	}
}

// TestGolden keeps every object of a room as a file that a reviewer can read.
func TestGolden(t *testing.T) {
	user := rbacv1.Subject{Kind: "User", Name: "user@example.com"}
	meshOff := testSettings()
	meshOff.Mesh = false
	noPrefix := testSettings()
	noPrefix.UserIDPrefix = ""
	strict := testSettings()
	strict.ProbeNamespaces = []string{"knative-serving", "istio-system"}
	strictest := strict
	strictest.TrustDomain = "corp.example"
	tests := map[string]struct {
		profile  *profilev1.Profile
		settings Settings
		labels   map[string]string
	}{
		"user-with-quota": {
			profile: profileOf(user, corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("4"), "requests.nvidia.com/gpu": resource.MustParse("1")}),
			settings: testSettings(),
			labels:   map[string]string{"app.kubernetes.io/part-of": "kubeflow-profile"},
		},
		"user-without-prefix-or-quota": {profile: profileOf(user, nil), settings: noPrefix},
		"probe-namespaces":             {profile: profileOf(user, nil), settings: strict},
		"trust-domain":                 {profile: profileOf(user, nil), settings: strictest},
		"mesh-off":                     {profile: profileOf(user, nil), settings: meshOff},
		"group":                        {profile: profileOf(rbacv1.Subject{Kind: "Group", Name: "data-science"}, nil), settings: testSettings()},
		"service-account": {
			profile:  profileOf(rbacv1.Subject{Kind: "ServiceAccount", Name: "deployer", Namespace: "ci"}, nil),
			settings: testSettings(),
		},
		"wrong-api-group-in-owner": {
			profile:  profileOf(rbacv1.Subject{Kind: "User", APIGroup: "example.com", Name: "user@example.com"}, nil),
			settings: testSettings(),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checkGolden(t, name, room(test.profile, test.settings, test.labels))
		})
	}
}

// room returns every object that the Profile owns.
func room(p *profilev1.Profile, settings Settings, labels map[string]string) []runtime.Object {
	objects := []runtime.Object{Namespace(p, settings, labels, nil)}
	for _, account := range ServiceAccounts(p) {
		objects = append(objects, account)
	}
	for _, binding := range RoleBindings(p) {
		objects = append(objects, binding)
	}
	if settings.Mesh {
		objects = append(objects, OwnerPolicy(p, settings))
	}
	if quota := ResourceQuota(p); quota != nil {
		objects = append(objects, quota)
	}
	return objects
}

func checkGolden(t *testing.T, name string, objects []runtime.Object) {
	t.Helper()
	var got bytes.Buffer
	for _, o := range objects {
		document, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "---\n# %s\n", reflect.TypeOf(o).Elem().Name())
		got.Write(document)
	}
	path := filepath.Join("testdata", name+".yaml")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test ./internal/desired -update", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the objects differ from %s (-want +got):\n%s", path, diff)
	}
}
