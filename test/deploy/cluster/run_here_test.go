package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// goThatTells takes the place of go: it says what it was asked to run, and by which settings.
const goThatTells = `#!/bin/sh
echo "USERID_HEADER=$USERID_HEADER POD_NAMESPACE=$POD_NAMESPACE AWS_REGION=$AWS_REGION"
for argument in "$@"; do echo "$argument"; done
cat .cache/run/namespace-labels.yaml
`

// TestMakeRunGoesByTheDeployment holds make run to the settings of the installation in whose place
// it works: with others it would rewrite the policy by which each owner is let in.
func TestMakeRunGoesByTheDeployment(t *testing.T) {
	kubeflow := manifests.Overlays()[1]
	objects := render(t, kubeflow)
	if err := pg.Apply(t.Context(), objects...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { remove(t, objects) })
	path := withKubectl(t)
	mustRefuse := func(namespace, complaint string) {
		t.Helper()
		if output, err := makeRun(t, path, namespace); err == nil || !strings.Contains(output, complaint) || strings.Contains(output, "profile-controller\n") {
			t.Errorf("make run NAMESPACE=%s ends with %v, want a word on %q:\n%s", namespace, err, complaint, output)
		}
	}
	mustRefuse("monitoring", "was not found in the namespace monitoring")
	mustRefuse("kubeflow", "kubectl scale deployment profiles-deployment --replicas=0 -n kubeflow")
	patch(t, deploymentOf(t, "kubeflow"), `[{"op": "replace", "path": "/spec/replicas", "value": 0},
		{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "-reserved-namespaces=monitoring,team *"},
		{"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "PATH", "value": "/not/yours"}},
		{"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "AWS_REGION", "value": "eu-central-1"}}]`)
	output, err := makeRun(t, path, "kubeflow")
	if err != nil {
		t.Fatalf("make run: %v\n%s", err, output)
	}
	labels, err := objects.ConfigMap("namespace-labels-data")
	if err != nil {
		t.Fatal(err)
	}
	want := `The variable PATH of the Deployment is not set here; set it yourself if the controller needs it.
USERID_HEADER=kubeflow-userid POD_NAMESPACE=kubeflow AWS_REGION=eu-central-1
run
./cmd/profile-controller
-leader-elect
-userid-header=kubeflow-userid
-userid-prefix=
-workload-identity=
-metrics-secure
-reserved-namespaces=monitoring,team *
-leader-elect
-leader-elect-namespace=kubeflow
-namespace-labels-path=.cache/run/namespace-labels.yaml
-metrics-secure=false
-metrics-bind-address=127.0.0.1:8080
-health-probe-bind-address=127.0.0.1:9876
` + labels["namespace-labels.yaml"]
	if diff := cmp.Diff(want, output); diff != "" {
		t.Errorf("make run (-want +got):\n%s", diff)
	}
}

// withKubectl is a PATH on which kubectl is that of the control plane, and go only tells.
func withKubectl(t *testing.T) string {
	t.Helper()
	program, err := playground.Build(t.Context(), playground.ControllerProgram)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(filepath.Join(filepath.Dir(program), "kubectl"), filepath.Join(folder, "kubectl")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "go"), []byte(goThatTells), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder + ":/usr/bin:/bin"
}

func makeRun(t *testing.T, path, namespace string) (string, error) {
	t.Helper()
	root, err := playground.Root()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-C", root, "run", "NAMESPACE="+namespace)
	command.Env = []string{"PATH=" + path, "HOME=" + t.TempDir(), "KUBECONFIG=" + pg.Kubeconfig}
	output, err := command.CombinedOutput()
	return string(output), err
}

func patch(t *testing.T, d *appsv1.Deployment, operations string) {
	t.Helper()
	if err := pg.Client.Patch(t.Context(), d, client.RawPatch(types.JSONPatchType, []byte(operations))); err != nil {
		t.Fatal(err)
	}
}
