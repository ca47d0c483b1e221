package e2e

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// ProfileBuilder builds a Profile word by word. It begins with a User as its owner, so
// that a test says only what matters to it.
type ProfileBuilder struct{ profile profilev1.Profile }

// MakeProfile begins a Profile that NAME@example.com owns.
func MakeProfile(name string) *ProfileBuilder {
	b := &ProfileBuilder{profilev1.Profile{ObjectMeta: meta("", name)}}
	return b.Owner(name + "@example.com")
}

// Owner makes a User the owner.
func (b *ProfileBuilder) Owner(user string) *ProfileBuilder {
	b.profile.Spec.Owner = rbacv1.Subject{Kind: "User", Name: user, APIGroup: rbacv1.GroupName}
	return b
}

// GroupOwner makes a Group the owner.
func (b *ProfileBuilder) GroupOwner(group string) *ProfileBuilder {
	b.profile.Spec.Owner = rbacv1.Subject{Kind: "Group", Name: group, APIGroup: rbacv1.GroupName}
	return b
}

// AccountOwner makes a ServiceAccount the owner.
func (b *ProfileBuilder) AccountOwner(namespace, name string) *ProfileBuilder {
	b.profile.Spec.Owner = rbacv1.Subject{Kind: "ServiceAccount", Namespace: namespace, Name: name}
	return b
}

// Quota sets hard limits: names and amounts in turn.
func (b *ProfileBuilder) Quota(limits ...string) *ProfileBuilder {
	b.profile.Spec.ResourceQuotaSpec.Hard = amounts(limits...)
	return b
}

// Scopes restricts the quota.
func (b *ProfileBuilder) Scopes(scopes ...corev1.ResourceQuotaScope) *ProfileBuilder {
	b.profile.Spec.ResourceQuotaSpec.Scopes = scopes
	return b
}

// Plugin adds a plugin with its settings in JSON.
func (b *ProfileBuilder) Plugin(kind, settings string) *ProfileBuilder {
	b.profile.Spec.Plugins = append(b.profile.Spec.Plugins,
		profilev1.Plugin{Kind: kind, Spec: &runtime.RawExtension{Raw: []byte(settings)}})
	return b
}

// Annotation adds an annotation.
func (b *ProfileBuilder) Annotation(key, value string) *ProfileBuilder {
	metav1.SetMetaDataAnnotation(&b.profile.ObjectMeta, key, value)
	return b
}

// Label adds a label.
func (b *ProfileBuilder) Label(key, value string) *ProfileBuilder {
	metav1.SetMetaDataLabel(&b.profile.ObjectMeta, key, value)
	return b
}

// Obj returns the Profile.
func (b *ProfileBuilder) Obj() *profilev1.Profile { return b.profile.DeepCopy() }

// amounts turns names and quantities in turn into a list of resources.
func amounts(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for i := 0; i+1 < len(pairs); i += 2 {
		list[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

// MakeNamespace returns a namespace as a person would make it by hand. An owner other
// than the empty string is put into its annotation.
func MakeNamespace(name, owner string) *corev1.Namespace {
	n := namespaceNamed(name)
	if owner != "" {
		n.Annotations = map[string]string{"owner": owner}
	}
	return n
}

// MakeBinding returns a RoleBinding of one subject to a ClusterRole.
func MakeBinding(namespace, name, clusterRole string, subject rbacv1.Subject) *rbacv1.RoleBinding {
	b := bindingNamed(namespace, name)
	b.RoleRef = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole}
	b.Subjects = []rbacv1.Subject{subject}
	return b
}

func user(name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: name}
}

func account(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: "ServiceAccount", Namespace: namespace, Name: name}
}

// MakePod returns a Pod that asks for this much CPU. No node is there to run it.
func MakePod(namespace, name, cpu string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: meta(namespace, name), Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "main", Image: "example.com/none",
		Resources: corev1.ResourceRequirements{Requests: amounts("cpu", cpu), Limits: amounts("cpu", cpu)},
	}}}}
}

// MakeSecret returns a Secret.
func MakeSecret(namespace, name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: meta(namespace, name), StringData: map[string]string{"key": "value"}}
}

// MakeConfigMap returns a ConfigMap.
func MakeConfigMap(namespace, name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: meta(namespace, name)}
}
