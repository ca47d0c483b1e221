package contributor

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

const (
	// ManagedByAccessAPI is the value of tenancy.ManagedByLabel on what the access API makes.
	ManagedByAccessAPI = "kfam"
	// SourceAnnotation tells where a contributor is written down, if that is anywhere but in
	// its own objects.
	SourceAnnotation = "kubeflow.org/contributor-source"
	// SourceSpec is the value of SourceAnnotation on what the controller keeps because a
	// Profile declares it.
	SourceSpec = "spec.contributors"
)

// MarkDeclared marks an object of a contributor as declared in the Profile's
// spec.contributors and kept by the controller, whatever it was before.
func MarkDeclared(o metav1.Object) {
	o.SetLabels(with(o.GetLabels(), tenancy.ManagedByLabel, tenancy.ManagedByValue))
	o.SetAnnotations(with(o.GetAnnotations(), SourceAnnotation, SourceSpec))
}

// Declared tells whether an object is marked as declared. It wants both marks: the label
// alone is on all that the controller keeps, and the annotation alone would hide a forged
// object from the controller, which would then never remove it.
func Declared(o metav1.Object) bool {
	return o.GetAnnotations()[SourceAnnotation] == SourceSpec && keptByController(o)
}

func keptByController(o metav1.Object) bool {
	return o.GetLabels()[tenancy.ManagedByLabel] == tenancy.ManagedByValue
}

func with(entries map[string]string, key, value string) map[string]string {
	if entries == nil {
		entries = map[string]string{}
	}
	entries[key] = value
	return entries
}
