package playground

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Overlay is the deployment that the playground installs, below the repository's root.
const Overlay = "config/overlays/standalone"

// Install applies the overlay as an admin would, the Deployment included, although no
// node is there to run it, and leaves out only the rights of the access API, which StartKFAM
// gives. It returns when the Profile kind is served.
func (p *Playground) Install(ctx context.Context) error {
	objects, err := Render(Overlay)
	if err != nil {
		return err
	}
	return p.Apply(ctx, slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetName() == kfamBinding })...)
}

// InstallMesh makes the cluster serve Istio's AuthorizationPolicy, with the definition
// from the istio.io/api module that the product is built with.
func (p *Playground) InstallMesh(ctx context.Context) error {
	crd, err := meshCRD(ctx)
	if err != nil {
		return err
	}
	return p.Apply(ctx, crd)
}

// RemoveMesh takes Istio's AuthorizationPolicy away again, with all policies.
func (p *Playground) RemoveMesh(ctx context.Context) error {
	crd, err := meshCRD(ctx)
	if err != nil {
		return err
	}
	if err := p.Client.Delete(ctx, crd); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		err := p.Client.Get(ctx, client.ObjectKeyFromObject(crd), crd.DeepCopy())
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}

func meshCRD(ctx context.Context) (*unstructured.Unstructured, error) {
	folder, err := moduleFolder(ctx, "istio.io/api")
	if err != nil {
		return nil, err
	}
	objects, err := Read(filepath.Join(folder, "kubernetes", "customresourcedefinitions.gen.yaml"))
	if err != nil {
		return nil, err
	}
	const name = "authorizationpolicies.security.istio.io"
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetName() == name })
	if i < 0 {
		return nil, fmt.Errorf("the istio.io/api module has no definition of %s any more", name)
	}
	return objects[i], nil
}

// Render builds a kustomization below the repository's root.
func Render(folder string) ([]*unstructured.Unstructured, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	// Namespaces and definitions come first, as kustomize build prints them.
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(root, folder))
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", folder, err)
	}
	rendered, err := resources.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", folder, err)
	}
	return decode(bytes.NewReader(rendered))
}

// Read reads the objects of a YAML file.
func Read(path string) ([]*unstructured.Unstructured, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return decode(file)
}

func decode(source io.Reader) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(source, 4096)
	for {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(o)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decode object %d: %w", len(objects)+1, err)
		}
		if len(o.Object) > 0 {
			objects = append(objects, o)
		}
	}
}

// Apply applies the objects with admin rights, in their order, and waits after each
// CustomResourceDefinition until its kind is served.
func (p *Playground) Apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, o := range objects {
		configuration := client.ApplyConfigurationFromUnstructured(o.DeepCopy())
		if err := p.Client.Apply(ctx, configuration, client.FieldOwner("playground"), client.ForceOwnership); err != nil {
			return fmt.Errorf("apply %s %s: %w", o.GetKind(), o.GetName(), err)
		}
		if o.GetKind() == "CustomResourceDefinition" {
			if err := p.waitServed(ctx, o.GetName()); err != nil {
				return err
			}
		}
	}
	return nil
}

// waitServed waits until a kind can really be listed: for a moment after it is
// established the API server may still answer that it is not there.
func (p *Playground) waitServed(ctx context.Context, name string) error {
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := p.Client.Get(ctx, client.ObjectKey{Name: name}, crd); err != nil {
			return false, err
		}
		served := true
		for _, version := range crd.Spec.Versions {
			served = served && (!version.Served || p.lists(ctx, crd, version.Name))
		}
		return served, nil
	})
}

func (p *Playground) lists(ctx context.Context, crd *apiextensionsv1.CustomResourceDefinition, version string) bool {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(crd.Spec.Group + "/" + version)
	list.SetKind(crd.Spec.Names.ListKind)
	return p.Client.List(ctx, list, client.Limit(1)) == nil
}
