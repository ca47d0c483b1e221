package migration

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// Apply moves the installation over to our image. The old controller stops before the new one
// starts, and is no longer cluster-admin by then.
func (m Migration) Apply(ctx context.Context, i installation.Installation, image string) error {
	definition, others, err := manifests(i)
	if err != nil {
		return err
	}
	before, err := m.note(ctx, i, others)
	if err != nil {
		return err
	}
	if err := m.apply(ctx, append(definition, others...)); err != nil {
		return err
	}
	wanted, err := before.switched(image)
	if err != nil {
		return err
	}
	if !isSwitched(i.Deployment, wanted) {
		if err := m.stop(ctx, i); err != nil {
			return err
		}
	}
	if err := m.demote(ctx, i); err != nil {
		return err
	}
	lease, err := m.leaseNow(ctx, i)
	if err != nil {
		return err
	}
	if err := m.start(ctx, i, wanted); err != nil {
		return err
	}
	if m.DryRun != Really {
		return nil
	}
	if err := m.awaitLeader(ctx, i, lease); err != nil {
		return err
	}
	return m.awaitProfiles(ctx, i)
}

// note records how things are, unless an earlier attempt did.
func (m Migration) note(ctx context.Context, i installation.Installation, manifests []*unstructured.Unstructured) (*record, error) {
	before, err := readRecord(ctx, m.Cluster, i)
	if err != nil || before != nil {
		return before, err
	}
	if before, err = lookAround(ctx, m.Cluster, i, manifests); err != nil {
		return nil, err
	}
	stored, err := before.configMap(i.Namespace)
	if err != nil {
		return nil, err
	}
	if err := m.vouch(ctx, i, stored.Data[recordKey]); err != nil {
		return nil, err
	}
	if err := m.create(ctx, stored); err != nil {
		return nil, fmt.Errorf("record how things are: %w", err)
	}
	m.did("configmap/" + RecordName + " of namespace " + i.Namespace + " created: how things were")
	return before, nil
}

// switched is the recorded Deployment with our programs in it.
func (r *record) switched(image string) (*appsv1.Deployment, error) {
	d := &appsv1.Deployment{}
	for _, o := range r.Before {
		if o.GetKind() == "Deployment" {
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, d); err != nil {
				return nil, fmt.Errorf("read the recorded Deployment: %w", err)
			}
			ours, _ := Switch(d, image)
			return ours, nil
		}
	}
	return nil, errors.New("the record of how things were has no Deployment; delete configmap " + RecordName + " to begin anew")
}

// isSwitched tells whether the controller's container is ours already and runs.
func isSwitched(present, wanted *appsv1.Deployment) bool {
	a, b := installation.ManagerContainer(present), installation.ManagerContainer(wanted)
	return a >= 0 && b >= 0 && ptr.Deref(present.Spec.Replicas, 1) > 0 &&
		present.Spec.Template.Spec.Containers[a].Image == wanted.Spec.Template.Spec.Containers[b].Image
}

// stop scales the Deployment down and waits until no pod of it is left.
func (m Migration) stop(ctx context.Context, i installation.Installation) error {
	d, err := m.live(ctx, i)
	if err != nil {
		return err
	}
	before := d.DeepCopy()
	d.Spec.Replicas = ptr.To[int32](0)
	if err := m.patch(ctx, d, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("scale down the controller: %w", err)
	}
	m.did("deployment/" + d.Name + " scaled to zero")
	if m.DryRun != Really {
		return nil
	}
	return m.awaitNoPods(ctx, d)
}

// start gives the Deployment the wanted spec, unless it has it.
func (m Migration) start(ctx context.Context, i installation.Installation, wanted *appsv1.Deployment) error {
	d, err := m.live(ctx, i)
	if err != nil {
		return err
	}
	if isSwitched(d, wanted) {
		m.did("deployment/" + d.Name + " unchanged: it runs the image already")
		return nil
	}
	d.Spec = wanted.Spec
	if err := m.update(ctx, d); err != nil {
		return fmt.Errorf("start the controller: %w", err)
	}
	m.did(fmt.Sprintf("deployment/%s configured: it runs %s", d.Name, wanted.Spec.Template.Spec.Containers[max(installation.ManagerContainer(wanted), 0)].Image))
	return nil
}

func (m Migration) live(ctx context.Context, i installation.Installation) (*appsv1.Deployment, error) {
	d := &appsv1.Deployment{}
	if err := m.Cluster.Get(ctx, client.ObjectKeyFromObject(i.Deployment), d); err != nil {
		return nil, fmt.Errorf("read deployment %s: %w", i.Deployment.Name, err)
	}
	return d, nil
}
