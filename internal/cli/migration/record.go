package migration

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// RecordName is the ConfigMap, beside the controller, that holds how things were.
const RecordName = "profiles-migration"

const recordKey = "record.json"

// record is how things were before the move.
type record struct {
	// Before are the objects that the move changes or deletes, the Deployment first.
	Before []*unstructured.Unstructured `json:"before"`
	// Created are those that were not there, which a way back deletes.
	Created []reference `json:"created,omitempty"`
}

type reference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// object returns an empty object that reference points at.
func (r reference) object() *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(r.APIVersion)
	o.SetKind(r.Kind)
	o.SetNamespace(r.Namespace)
	o.SetName(r.Name)
	return o
}

func referenceTo(o *unstructured.Unstructured) reference {
	return reference{APIVersion: o.GetAPIVersion(), Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName()}
}

// text names an object as kubectl does.
func (r reference) text() string { return strings.ToLower(r.Kind) + "/" + r.Name }

// readRecord returns the record of an installation, or nil when there is none. One that somebody
// else wrote or changed is an error.
func readRecord(ctx context.Context, cluster client.Reader, i installation.Installation) (*record, error) {
	namespace := i.Namespace
	m := &corev1.ConfigMap{}
	err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: RecordName}, m)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read how things were: %w", err)
	}
	if i.Deployment.Annotations[DigestAnnotation] != digest(m.Data[recordKey]) {
		return nil, fmt.Errorf("configmap %s of namespace %s was written or changed by somebody else: it does not fit the annotation %s of deployment %s. Nothing was changed. Look at it; to begin anew, delete it", RecordName, namespace, DigestAnnotation, i.Deployment.Name)
	}
	r := &record{}
	if err := json.Unmarshal([]byte(m.Data[recordKey]), r); err != nil {
		return nil, fmt.Errorf("configmap %s of namespace %s cannot be read as a record of how things were; restore it, or delete it to begin anew: %w", RecordName, namespace, err)
	}
	return r, nil
}

// configMap is the record as it is stored.
func (r *record) configMap(namespace string) (*corev1.ConfigMap, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: RecordName}, Data: map[string]string{recordKey: string(text)}}, nil
}

// lookAround notes how the Deployment and all objects are that the move will touch. The CRD is
// not among them: it stays, and so would what the old one cannot hold be lost.
func lookAround(ctx context.Context, cluster client.Reader, i installation.Installation, manifests []*unstructured.Unstructured) (*record, error) {
	touched := []reference{{APIVersion: "apps/v1", Kind: "Deployment", Namespace: i.Namespace, Name: i.Deployment.Name}}
	for _, o := range manifests {
		touched = append(touched, referenceTo(o))
	}
	wide, err := adminBindings(ctx, cluster, i)
	if err != nil {
		return nil, err
	}
	for _, b := range wide {
		touched = append(touched, reference{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRoleBinding", Name: b.Name})
	}
	r := &record{}
	for _, ref := range touched {
		o := ref.object()
		err := cluster.Get(ctx, client.ObjectKeyFromObject(o), o)
		switch {
		case meta.IsNoMatchError(err): // An older API server, which does not get it.
		case apierrors.IsNotFound(err):
			r.Created = append(r.Created, ref)
		case err != nil:
			return nil, fmt.Errorf("note how %s is: %w", ref.text(), err)
		default:
			r.Before = append(r.Before, bare(o))
		}
	}
	return r, nil
}

// bare takes away what the API server writes into an object.
func bare(o *unstructured.Unstructured) *unstructured.Unstructured {
	o = o.DeepCopy()
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"} {
		unstructured.RemoveNestedField(o.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(o.Object, "metadata", "annotations", DigestAnnotation)
	unstructured.RemoveNestedField(o.Object, "status")
	return o
}
