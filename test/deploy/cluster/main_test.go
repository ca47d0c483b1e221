package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// pg is the control plane that all tests of this package share.
var pg *playground.Playground

// TestMain lets a shell find this program under the name of helm, which it then is.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "helm" {
		os.Exit(helm())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	log.SetLogger(logr.Discard())
	var err error
	if pg, err = playground.Start(ctx, playground.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = pg.Stop() }()
	if err := errors.Join(installOthers(ctx), buildPrograms(ctx)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(programs)
	return m.Run()
}

// installOthers brings what a Kubeflow installation has before ours is added: the kinds of
// Istio and of the Prometheus operator, Kubeflow's namespace, here with the strictest Pod
// Security Standard, Kubeflow's ClusterRoles, and the account of Prometheus.
func installOthers(ctx context.Context) error {
	objects, err := definitions(ctx)
	if err != nil {
		return err
	}
	restricted := map[string]any{"pod-security.kubernetes.io/enforce": "restricted"}
	roles, err := playground.Read("../../../config/kubeflow-roles/kubeflow_roles.yaml")
	if err != nil {
		return err
	}
	objects = append(objects, object("Namespace", "", "kubeflow", restricted), object("Namespace", "", "monitoring", nil),
		object("ServiceAccount", "monitoring", "prometheus-k8s", nil))
	return pg.Apply(ctx, append(objects, roles...)...)
}

func object(kind, namespace, name string, labels map[string]any) *unstructured.Unstructured {
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	if labels != nil {
		metadata["labels"] = labels
	}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": kind, "metadata": metadata}}
}

// installations are the overlays alone, and with every component that can be added to them.
func installations() []manifests.Installation {
	all := manifests.Overlays()
	return append(all, all[0].With("network-policy", "prometheus-without-authentication"), all[2].With("network-policy", "prometheus", "prometheus-rules", "grafana-dashboard"))
}

func render(t *testing.T, i manifests.Installation) manifests.Objects {
	t.Helper()
	objects, err := i.Render(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) < 15 {
		t.Fatalf("%s has %d objects only", i.Name(), len(objects))
	}
	return objects
}
