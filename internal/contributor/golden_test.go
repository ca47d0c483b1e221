package contributor

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before committing it")

func testSettings() Settings {
	return Settings{
		UserIDHeader:            "kubeflow-userid",
		UserIDPrefix:            "accounts.example.com:",
		GroupsClaim:             "groups",
		IngressGatewayPrincipal: "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
		KFPUIPrincipal:          "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
	}
}

// TestGolden keeps both objects of a contributor as a file that a reviewer can read.
func TestGolden(t *testing.T) {
	tests := map[string]Contributor{
		"user":  {Namespace: "team-a", Kind: "User", Name: "Guest.One@example.com", Role: "edit"},
		"group": {Namespace: "team-a", Kind: "Group", Name: "data science", Role: "view"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			checkGolden(t, name, RoleBinding(c), Policy(c, testSettings()))
		})
	}
	declared := Contributor{Namespace: "team-a", Kind: "User", Name: "guest@example.com", Role: "admin"}
	binding, policy := RoleBinding(declared), Policy(declared, testSettings())
	MarkDeclared(binding)
	MarkDeclared(policy)
	checkGolden(t, "declared", binding, policy)
}

func checkGolden(t *testing.T, name string, objects ...runtime.Object) {
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
		t.Fatalf("%v; run go test ./internal/contributor -update", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the objects differ from %s (-want +got):\n%s", path, diff)
	}
}
