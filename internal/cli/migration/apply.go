package migration

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
	if !isSwitched(i.Deployment, image) {
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
	if err := m.start(ctx, i, image, before.pods(i.Deployment)); err != nil {
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

// pods is how many pods the Deployment shall have: as many as it has, or as it had before an
// earlier attempt stopped it.
func (r *record) pods(present *appsv1.Deployment) int32 {
	if n := ptr.Deref(present.Spec.Replicas, 1); n > 0 {
		return n
	}
	for _, o := range r.Before {
		if o.GetKind() == "Deployment" {
			n, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
			return max(int32(n), 1)
		}
	}
	return 1
}

// isSwitched tells whether the controller's container runs this image already.
func isSwitched(present *appsv1.Deployment, image string) bool {
	at := installation.ManagerContainer(present)
	return at >= 0 && ptr.Deref(present.Spec.Replicas, 1) > 0 && present.Spec.Template.Spec.Containers[at].Image == image
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

// start has the Deployment run our image with so many pods, unless it runs that already. It goes by
// how the Deployment is now and not by the record: on a later move to a newer image, all that was
// set since stays.
func (m Migration) start(ctx context.Context, i installation.Installation, image string, pods int32) error {
	d, err := m.live(ctx, i)
	if err != nil {
		return err
	}
	if isSwitched(d, image) {
		m.did("deployment/" + d.Name + " unchanged: it runs the image already")
		return nil
	}
	ours, _ := Switch(d, image)
	ours.Spec.Replicas = &pods
	if err := m.update(ctx, ours); err != nil {
		return fmt.Errorf("start the controller: %w", err)
	}
	m.did(fmt.Sprintf("deployment/%s configured: it runs %s", d.Name, image))
	return nil
}

func (m Migration) live(ctx context.Context, i installation.Installation) (*appsv1.Deployment, error) {
	d := &appsv1.Deployment{}
	if err := m.Cluster.Get(ctx, client.ObjectKeyFromObject(i.Deployment), d); err != nil {
		return nil, fmt.Errorf("read deployment %s: %w", i.Deployment.Name, err)
	}
	return d, nil
}
