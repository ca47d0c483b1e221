package e2e

import (
	"reflect"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Names that existing installations depend on. They are written out here, and not taken
// from the product, so that a change of them fails a test.
const (
	editor      = "default-editor"
	viewer      = "default-viewer"
	ownerAdmin  = "namespaceAdmin"
	ownerPolicy = "ns-owner-access-istio"
	quotaName   = "kf-resource-quota"
	finalizer   = "profile-finalizer"
)

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// The following name an object, for reading, changing or deleting it.

func profileNamed(name string) *profilev1.Profile {
	return &profilev1.Profile{ObjectMeta: meta("", name)}
}

func namespaceNamed(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: meta("", name)}
}

func accountNamed(namespace, name string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: meta(namespace, name)}
}

func bindingNamed(namespace, name string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: meta(namespace, name)}
}

func quotaIn(namespace string) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{ObjectMeta: meta(namespace, quotaName)}
}

func policyIn(namespace string) *istiov1beta1.AuthorizationPolicy {
	return &istiov1beta1.AuthorizationPolicy{ObjectMeta: meta(namespace, ownerPolicy)}
}

// childrenOf names the seven objects inside the namespace of a Profile with a quota.
func childrenOf(profile string) []client.Object {
	return []client.Object{
		accountNamed(profile, editor), accountNamed(profile, viewer),
		bindingNamed(profile, editor), bindingNamed(profile, viewer), bindingNamed(profile, ownerAdmin),
		policyIn(profile), quotaIn(profile),
	}
}

// roomOf names the namespace of such a Profile and the seven objects inside.
func roomOf(profile string) []client.Object {
	return append([]client.Object{namespaceNamed(profile)}, childrenOf(profile)...)
}

// kindAndName tells objects of a room apart.
func kindAndName(o client.Object) string { return kindOf(o) + " " + o.GetName() }

// kindOf is the kind of an object, by its Go type.
func kindOf(o client.Object) string { return reflect.TypeOf(o).Elem().Name() }

// live reads the object that is named and returns it.
func live[T client.Object](f *fixture, named T) T {
	f.t.Helper()
	f.read(named)
	return named
}

// itemsOf returns the objects of a list.
func itemsOf(list client.ObjectList) ([]client.Object, error) {
	var objects []client.Object
	err := apimeta.EachListItem(list, func(item runtime.Object) error {
		objects = append(objects, item.(client.Object))
		return nil
	})
	return objects, err
}

// mergePatch is the kind of patch that replaces what it names and keeps the rest.
const mergePatch = types.MergePatchType

// preventDeletion names the policy that protects Profiles from deletion.
func preventDeletion() client.Object {
	return &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta("", "profiles-prevent-deletion")}
}
