package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of this package, kubeflow.org/v1beta1.
var GroupVersion = schema.GroupVersion{Group: "kubeflow.org", Version: "v1beta1"}

// AddToScheme registers Profile and ProfileList with a scheme, so that clients
// and caches can encode and decode them.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &Profile{}, &ProfileList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
