package manifests

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// Without these Profiles, or people's access to them, would go with the controller.
func TestUndeployLeavesWhatProfilesNeed(t *testing.T) {
	for _, i := range Overlays() {
		t.Run(i.Overlay, func(t *testing.T) {
			objects, err := i.Render(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			stay := map[string]bool{"CustomResourceDefinition profiles.kubeflow.org": true, "Namespace profiles-system": true}
			roles, err := playground.Read("../../../config/kubeflow-roles/kubeflow_roles.yaml")
			if err != nil {
				t.Fatal(err)
			}
			for _, role := range roles {
				stay[nameOf(role)] = true
			}
			var want []string
			for _, o := range objects {
				if !stay[nameOf(o)] {
					want = append(want, nameOf(o))
				}
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, undeployed(t, i.Overlay)); diff != "" {
				t.Errorf("what make undeploy deletes (-want +got):\n%s", diff)
			}
		})
	}
}

// undeployed are the objects that make undeploy has kubectl delete, in alphabetical order.
func undeployed(t *testing.T, overlay string) []string {
	t.Helper()
	root, err := playground.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	deleted := filepath.Join(folder, "deleted.yaml")
	// A kubectl that only writes down what it gets.
	if err := os.WriteFile(filepath.Join(folder, "kubectl"), []byte("#!/bin/sh\ncat > "+deleted+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "make", "-C", root, "undeploy", "OVERLAY=config/overlays/"+overlay)
	command.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("make undeploy: %v\n%s", err, output)
	}
	objects, err := playground.Read(deleted)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range objects {
		names = append(names, nameOf(o))
	}
	slices.Sort(names)
	return names
}

func nameOf(o *unstructured.Unstructured) string { return o.GetKind() + " " + o.GetName() }
