package profile

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// ours selects the objects inside namespaces that carry our label.
var ours = cache.ByObject{Label: labels.SelectorFromSet(labels.Set{tenancy.ManagedByLabel: tenancy.ManagedByValue})}

// CacheOptions hold back from memory what is not ours and what is not read. Of
// namespaces all are kept, though only their metadata: a namespace that is not ours is
// just what has to be noticed.
func CacheOptions() cache.Options {
	return cache.Options{
		DefaultTransform: strip,
		ByObject: map[client.Object]cache.ByObject{
			&profilev1.Profile{}:                        {},
			&corev1.Namespace{}:                         {},
			&corev1.ServiceAccount{}:                    ours,
			&corev1.ResourceQuota{}:                     ours,
			&rbacv1.RoleBinding{}:                       ours,
			&apiextensionsv1.CustomResourceDefinition{}: {Field: fields.OneTermEqualSelector("metadata.name", authorizationPolicyCRD)},
		},
	}
}

// strip removes from an object on its way into the cache what the controller never
// reads. What is removed here is never written either: patches are made of two objects
// that both lack it.
func strip(object any) (any, error) {
	if o, ok := object.(client.Object); ok {
		o.SetManagedFields(nil)
		delete(o.GetAnnotations(), corev1.LastAppliedConfigAnnotation)
	}
	switch o := object.(type) {
	case *corev1.ServiceAccount:
		o.Secrets, o.ImagePullSecrets, o.AutomountServiceAccountToken = nil, nil, nil
	case *corev1.ResourceQuota:
		o.Status = corev1.ResourceQuotaStatus{}
	case *apiextensionsv1.CustomResourceDefinition:
		for i := range o.Spec.Versions {
			o.Spec.Versions[i].Schema = nil
		}
	}
	return object, nil
}

func requestFor(profile string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: profile}}
}

func profileNames(ctx context.Context, profiles client.Reader) ([]string, error) {
	var list profilev1.ProfileList
	if err := profiles.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names, nil
}
