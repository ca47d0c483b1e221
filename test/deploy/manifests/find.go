package manifests

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Objects are those of an installation.
type Objects []*unstructured.Unstructured

// OfKind returns the objects of a kind.
func (o Objects) OfKind(kind string) Objects {
	var found Objects
	for _, object := range o {
		if object.GetKind() == kind {
			found = append(found, object)
		}
	}
	return found
}

// Deployment returns the only Deployment.
func (o Objects) Deployment() (*appsv1.Deployment, error) {
	found := o.OfKind("Deployment")
	if len(found) != 1 {
		return nil, fmt.Errorf("%d Deployments, want one", len(found))
	}
	var d appsv1.Deployment
	return &d, Decode(found[0], &d)
}

// ConfigMap returns the data of the ConfigMap with that name.
func (o Objects) ConfigMap(name string) (map[string]string, error) {
	for _, object := range o.OfKind("ConfigMap") {
		if object.GetName() == name {
			var m corev1.ConfigMap
			err := Decode(object, &m)
			return m.Data, err
		}
	}
	return nil, fmt.Errorf("no ConfigMap %s", name)
}

// Decode reads an object into its type and refuses fields that the type does not have.
func Decode(object *unstructured.Unstructured, into any) error {
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, true); err != nil {
		return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}
