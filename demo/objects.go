package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// create is the request to create an object, made anew for every attempt.
func create(as client.Client, object client.Object, options ...client.CreateOption) action {
	return func(ctx context.Context) error {
		return as.Create(ctx, object.DeepCopyObject().(client.Object), options...)
	}
}

func get(as client.Client, object client.Object) action {
	return func(ctx context.Context) error {
		return as.Get(ctx, client.ObjectKeyFromObject(object), object.DeepCopyObject().(client.Object))
	}
}

func remove(as client.Client, object client.Object, options ...client.DeleteOption) action {
	return func(ctx context.Context) error {
		return as.Delete(ctx, object.DeepCopyObject().(client.Object), options...)
	}
}

func list(as client.Client, objects client.ObjectList, options ...client.ListOption) action {
	return func(ctx context.Context) error {
		return as.List(ctx, objects.DeepCopyObject().(client.ObjectList), options...)
	}
}

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// pod asks for so much cpu. No node is there to run it, so it stays Pending.
func pod(namespace, name, cpu string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: named(namespace, name), Spec: corev1.PodSpec{
		ServiceAccountName: tenancy.EditorServiceAccount,
		Containers: []corev1.Container{{Name: "main", Image: "example.com/nothing", Resources: corev1.ResourceRequirements{
			Limits: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse(cpu),
				corev1.ResourceMemory: resource.MustParse("64Mi"),
			},
		}}},
	}}
}

// secret is what the owner and the neighbor each keep at home.
func secret(namespace string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: named(namespace, "database-password"), StringData: map[string]string{"password": "swordfish"}}
}

func notebook(namespace, name string) *unstructured.Unstructured {
	n := &unstructured.Unstructured{}
	n.SetAPIVersion("kubeflow.org/v1")
	n.SetKind("Notebook")
	n.SetNamespace(namespace)
	n.SetName(name)
	return n
}

// roleBinding binds a ClusterRole in a room to the room's editor account.
func roleBinding(namespace, name, clusterRole string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: named(namespace, name),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: tenancy.EditorServiceAccount}},
	}
}
