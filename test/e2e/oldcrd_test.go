package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// storeUnderOldCRD stores Profiles as they could be stored before our CRD took the place
// of Kubeflow's, status included, and puts our CRD in place again.
func (f *fixture) storeUnderOldCRD(manifests ...string) {
	f.t.Helper()
	old, err := playground.Read(filepath.Join("testdata", "old_crd.yaml"))
	if err != nil {
		f.t.Fatal(err)
	}
	f.swapCRD(old[0], func(refusal error) bool { return refusal == nil })
	defer f.swapCRD(ourCRD(f), apierrors.IsInvalid)
	for _, manifest := range manifests {
		f.store(profileFrom(f, manifest))
	}
}

// store creates a Profile with its status.
func (f *fixture) store(p *unstructured.Unstructured) {
	f.t.Helper()
	stored := p.DeepCopy()
	if err := pg.Client.Create(f.ctx, stored); err != nil {
		f.t.Fatal(err)
	}
	f.watchOver(p.GetName())
	if status, there := p.Object["status"]; there {
		stored.Object["status"] = status
		if err := pg.Client.Status().Update(f.ctx, stored); err != nil {
			f.t.Fatal(err)
		}
	}
}

// profileFrom reads a manifest without apiVersion and kind.
func profileFrom(f *fixture, manifest string) *unstructured.Unstructured {
	f.t.Helper()
	p := &unstructured.Unstructured{Object: map[string]any{}}
	if err := yaml.Unmarshal([]byte(manifest), &p.Object); err != nil {
		f.t.Fatal(err)
	}
	p.SetAPIVersion("kubeflow.org/v1")
	p.SetKind("Profile")
	return p
}

// ourCRD is the CRD as the product installs it.
func ourCRD(f *fixture) *unstructured.Unstructured {
	f.t.Helper()
	objects, err := playground.Render(playground.Overlay)
	if err != nil {
		f.t.Fatal(err)
	}
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetName() == "profiles.kubeflow.org" })
	if i < 0 {
		f.t.Fatal("the manifests have no CRD profiles.kubeflow.org")
	}
	return objects[i]
}

// swapCRD gives the CRD other versions and waits until the API server treats an owner of
// no known kind as inForce says.
func (f *fixture) swapCRD(crd *unstructured.Unstructured, inForce func(refusal error) bool) {
	f.t.Helper()
	present := &unstructured.Unstructured{}
	present.SetGroupVersionKind(crd.GroupVersionKind())
	present.SetName(crd.GetName())
	f.read(present)
	if err := unstructured.SetNestedField(present.Object, crd.Object["spec"].(map[string]any)["versions"], "spec", "versions"); err != nil {
		f.t.Fatal(err)
	}
	if err := pg.Client.Update(f.ctx, present); err != nil {
		f.t.Fatal(err)
	}
	probe := profileFrom(f, `{metadata: {name: probe}, spec: {owner: {kind: nobody, name: probe}}}`)
	for _, version := range []string{"v1", "v1beta1"} {
		probe.SetAPIVersion("kubeflow.org/" + version)
		f.eventually("the CRD is in force", func() error {
			if refusal := pg.Client.Create(f.ctx, probe.DeepCopy(), client.DryRunAll); !inForce(refusal) {
				return errors.New(fmt.Sprint("the API server answers: ", refusal))
			}
			return nil
		})
	}
}
