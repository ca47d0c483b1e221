package migration

import (
	"context"
	"fmt"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// manifests are what the move brings: the CRD, and separately rights and guard. The service
// account is the one that is there, with its annotations.
func manifests(i installation.Installation) (definition, others []*unstructured.Unstructured, err error) {
	if definition, err = installation.Manifests(i.Namespace, installation.Definition...); err != nil {
		return nil, nil, err
	}
	parts := append(append([]string{}, installation.ControllerRights...), installation.Guard...)
	if i.KFAM != nil {
		parts = append(parts, installation.AccessAPIRights...)
	}
	all, err := installation.Manifests(i.Namespace, parts...)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range all {
		if o.GetKind() == "ServiceAccount" {
			continue
		}
		bindTo(o, i.ServiceAccount())
		others = append(others, o)
	}
	return definition, others, nil
}

// bindTo has a binding be for the service account that the Deployment names.
func bindTo(o *unstructured.Unstructured, account string) {
	subjects, _, _ := unstructured.NestedSlice(o.Object, "subjects")
	for _, subject := range subjects {
		if fields, ok := subject.(map[string]any); ok && fields["kind"] == "ServiceAccount" {
			fields["name"] = account
		}
	}
	if len(subjects) > 0 {
		o.Object["subjects"] = subjects
	}
}

// apply brings objects to the cluster. What others set on them besides stays.
func (m Migration) apply(ctx context.Context, objects []*unstructured.Unstructured) error {
	for _, o := range objects {
		name := referenceTo(o).text()
		switch err := m.applyOne(ctx, o); {
		case meta.IsNoMatchError(err) && o.GetKind() != "CustomResourceDefinition":
			m.did(name + " left out: this API server does not know its kind")
		case err != nil:
			return fmt.Errorf("apply %s: %w", name, err)
		default:
			m.did(name + " applied")
		}
	}
	return nil
}

func (m Migration) applyOne(ctx context.Context, o *unstructured.Unstructured) error {
	if m.DryRun == Client {
		return nil
	}
	if err := m.makeRoom(ctx, o); err != nil {
		return err
	}
	options := []client.ApplyOption{client.FieldOwner(fieldManager), client.ForceOwnership}
	if m.DryRun == Server {
		options = append(options, client.DryRunAll)
	}
	return m.Cluster.Apply(ctx, client.ApplyConfigurationFromUnstructured(o.DeepCopy()), options...)
}

// makeRoom deletes a binding of that name that is for another role: it cannot be changed.
func (m Migration) makeRoom(ctx context.Context, o *unstructured.Unstructured) error {
	if o.Object["roleRef"] == nil {
		return nil
	}
	present := referenceTo(o).object()
	if err := m.Cluster.Get(ctx, client.ObjectKeyFromObject(o), present); err != nil {
		return client.IgnoreNotFound(err)
	}
	if apiequality.Semantic.DeepEqual(present.Object["roleRef"], o.Object["roleRef"]) {
		return nil
	}
	return m.delete(ctx, present)
}

// restore brings an object back to how it was, and makes it anew when it is gone.
func (m Migration) restore(ctx context.Context, o *unstructured.Unstructured) error {
	if m.DryRun == Client {
		return nil
	}
	if err := m.makeRoom(ctx, o); err != nil {
		return err
	}
	present := referenceTo(o).object()
	err := m.Cluster.Get(ctx, client.ObjectKeyFromObject(o), present)
	switch {
	case apierrors.IsNotFound(err):
		return m.create(ctx, o.DeepCopy())
	case err != nil:
		return err
	}
	restored := o.DeepCopy()
	restored.SetResourceVersion(present.GetResourceVersion())
	keepDigest(restored, present)
	return m.update(ctx, restored)
}
