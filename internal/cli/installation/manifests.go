package installation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/kfprofiles/kfprofiles/config"
)

// Parts of the deployment that Manifests renders, as paths below config.
var (
	// Definition is the CRD.
	Definition = []string{"crd"}
	// ControllerRights are the controller's ServiceAccount with its roles and bindings.
	ControllerRights = []string{"rbac"}
	// AccessAPIRights are what the access API needs besides.
	AccessAPIRights = []string{"kfam/role.yaml", "kfam/role_binding.yaml"}
	// Guard refuses the deletion of Profiles that are protected from it.
	Guard = []string{"admission"}
)

// Manifests renders parts of the deployment for a namespace, with the product's labels.
func Manifests(namespace string, parts ...string) ([]*unstructured.Unstructured, error) {
	files := filesys.MakeFsInMemory()
	err := fs.WalkDir(config.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := config.Files.ReadFile(path)
		if err != nil {
			return err
		}
		return files.WriteFile("/config/"+path, content)
	})
	if err != nil {
		return nil, fmt.Errorf("read the manifests in this program: %w", err)
	}
	if err := files.WriteFile("/config/rendered/kustomization.yaml", []byte(kustomization(namespace, parts))); err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone // Single files of folders beside.
	rendered, err := krusty.MakeKustomizer(options).Run(files, "/config/rendered")
	if err != nil {
		return nil, fmt.Errorf("render the manifests: %w", err)
	}
	text, err := rendered.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("render the manifests: %w", err)
	}
	return decode(text)
}

func kustomization(namespace string, parts []string) string {
	// In quotes: a namespace may be called n, or 7.
	text := fmt.Sprintf("namespace: %q\nlabels: [{pairs: {app: profile-controller, kustomize.component: profiles}}]\nresources:\n", namespace)
	for _, part := range parts {
		text += "- ../" + part + "\n"
	}
	return text
}

func decode(text []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		o := &unstructured.Unstructured{}
		switch err := decoder.Decode(o); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, fmt.Errorf("read a rendered manifest: %w", err)
		}
		objects = append(objects, o)
	}
}
