package manifests

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// Installation is an overlay and the components that are added to it.
type Installation struct {
	// Overlay is a folder of config/overlays.
	Overlay string
	// Namespace is where the overlay puts the product.
	Namespace string
	// Components are folders of config.
	Components []string
}

// Overlays are the overlays without anything added.
func Overlays() []Installation {
	return []Installation{
		{Overlay: "standalone", Namespace: "profiles-system"},
		{Overlay: "kubeflow", Namespace: "kubeflow"},
		{Overlay: "kubeflow-pss", Namespace: "kubeflow"},
	}
}

// With returns the installation with components added.
func (i Installation) With(components ...string) Installation {
	i.Components = append(append([]string{}, i.Components...), components...)
	return i
}

// Name tells installations apart in the output of tests.
func (i Installation) Name() string {
	name := i.Overlay
	for _, component := range i.Components {
		name += "+" + component
	}
	return name
}

// Render returns the objects of the installation: those of a kustomization in folder, which is
// made for it, that has the overlay as its resource.
func (i Installation) Render(folder string) (Objects, error) {
	root, err := playground.Root()
	if err != nil {
		return nil, err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return nil, err
	}
	config, err := filepath.Rel(folder, filepath.Join(root, "config"))
	if err != nil {
		return nil, err
	}
	kustomization := map[string]any{"namespace": i.Namespace, "resources": []string{filepath.Join(config, "overlays", i.Overlay)}}
	var components []string
	for _, component := range i.Components {
		components = append(components, filepath.Join(config, component))
	}
	kustomization["components"] = components
	text, err := yaml.Marshal(kustomization)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), text, 0o600); err != nil {
		return nil, err
	}
	fromRoot, err := filepath.Rel(root, folder)
	if err != nil {
		return nil, err
	}
	objects, err := playground.Render(fromRoot)
	if err != nil {
		return nil, fmt.Errorf("installation %s: %w", i.Name(), err)
	}
	return objects, nil
}
