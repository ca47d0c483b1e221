package desired

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Namespace returns the Profile's namespace. Its labels are those that the present
// namespace should end up with: pass the labels that it has now, or nil when it is
// to be created. defaults come from the namespace labels file.
func Namespace(p *profilev1.Profile, settings Settings, defaults, present map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:            p.Name,
		Labels:          namespaceLabels(settings, defaults, present),
		Annotations:     map[string]string{tenancy.OwnerAnnotation: p.Spec.Owner.Name},
		OwnerReferences: []metav1.OwnerReference{ownerReference(p)},
	}}
}

// namespaceLabels merges three voices. What the namespace has stays, whoever set it,
// unless the file removes the key with an empty value. What the file names is added
// where the key is absent. Sidecar injection is turned on where neither of them says
// anything about it.
func namespaceLabels(settings Settings, defaults, present map[string]string) map[string]string {
	labels := map[string]string{}
	for key, value := range present {
		labels[key] = value
	}
	for key, value := range defaults {
		if value == "" {
			delete(labels, key)
		} else if _, there := labels[key]; !there {
			labels[key] = value
		}
	}
	_, decided := defaults[tenancy.IstioInjectionLabel]
	if _, there := labels[tenancy.IstioInjectionLabel]; settings.Mesh && !there && !decided {
		labels[tenancy.IstioInjectionLabel] = tenancy.IstioInjectionEnabled
	}
	return labels
}
