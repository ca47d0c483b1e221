package access

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// CacheOptions make a cache hold only what an Index reads. All RoleBindings are watched,
// since those that the existing access API made have no label to select them by; of those
// that are nobody's binding only the name is kept.
func CacheOptions() cache.Options {
	return cache.Options{
		DefaultTransform: strip,
		ByObject: map[client.Object]cache.ByObject{
			&profilev1.Profile{}:  {},
			&corev1.Namespace{}:   {},
			&rbacv1.RoleBinding{}: {},
		},
	}
}

// Follow keeps the Index up to date with the events of a cache that was made with
// CacheOptions, for as long as the cache runs. The function that it returns tells whether
// the Index knows all that was there at the start; until then its answers have gaps, and
// nobody should be given one.
func (x *Index) Follow(ctx context.Context, informers cache.Informers) (synced func() bool, err error) {
	var all []func() bool
	for _, kind := range []client.Object{&profilev1.Profile{}, &corev1.Namespace{}, &rbacv1.RoleBinding{}} {
		informer, err := informers.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, fmt.Errorf("watch %T: %w", kind, err)
		}
		registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc:    x.put,
			UpdateFunc: func(_, object any) { x.put(object) },
			DeleteFunc: x.drop,
		})
		if err != nil {
			return nil, fmt.Errorf("watch %T: %w", kind, err)
		}
		all = append(all, registration.HasSynced)
	}
	return func() bool {
		for _, one := range all {
			if !one() {
				return false
			}
		}
		return true
	}, nil
}

func (x *Index) put(object any) {
	switch o := object.(type) {
	case *profilev1.Profile:
		x.PutProfile(o)
	case *corev1.Namespace:
		x.PutNamespace(o)
	case *rbacv1.RoleBinding:
		// Why it is nobody's binding is of interest to nobody: tenants may write what they like.
		_ = x.PutBinding(o)
	}
}

func (x *Index) drop(object any) {
	if unknown, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	switch o := object.(type) {
	case *profilev1.Profile:
		x.DropProfile(o.Name)
	case *corev1.Namespace:
		x.DropNamespace(o.Name)
	case *rbacv1.RoleBinding:
		x.DropBinding(o.Namespace, o.Name)
	}
}

// strip leaves of an object what an Index reads of it, and what the cache needs itself.
func strip(object any) (any, error) {
	switch o := object.(type) {
	case *profilev1.Profile:
		o.ObjectMeta = bare(o.ObjectMeta)
		o.Spec, o.Status = profilev1.ProfileSpec{Owner: o.Spec.Owner}, profilev1.ProfileStatus{}
	case *corev1.Namespace:
		meta := bare(o.ObjectMeta)
		meta.OwnerReferences = o.OwnerReferences
		meta.Annotations = only(o.Annotations, tenancy.OwnerAnnotation)
		o.ObjectMeta, o.Spec, o.Status = meta, corev1.NamespaceSpec{}, corev1.NamespaceStatus{}
	case *rbacv1.RoleBinding:
		stripBinding(o)
	}
	return object, nil
}

func stripBinding(o *rbacv1.RoleBinding) {
	_, err := contributor.Read(o)
	meta := bare(o.ObjectMeta)
	if err != nil {
		*o = rbacv1.RoleBinding{ObjectMeta: meta}
		return
	}
	meta.Labels = only(o.Labels, tenancy.ManagedByLabel)
	meta.Annotations = only(o.Annotations, tenancy.UserAnnotation, tenancy.RoleAnnotation, contributor.SourceAnnotation)
	o.ObjectMeta = meta
}

func bare(o metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Name, UID: o.UID, ResourceVersion: o.ResourceVersion}
}

func only(entries map[string]string, keys ...string) map[string]string {
	var kept map[string]string
	for _, key := range keys {
		if value, there := entries[key]; there {
			if kept == nil {
				kept = map[string]string{}
			}
			kept[key] = value
		}
	}
	return kept
}
