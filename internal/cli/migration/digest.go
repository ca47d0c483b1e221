package migration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// DigestAnnotation on the Deployment has the digest of the record. What the record says is done
// with an admin's rights, and more people may write a ConfigMap there than may decide what the
// controller runs.
const DigestAnnotation = "kubeflow.org/profiles-migration"

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// vouch puts the digest on the Deployment. That comes before the record, so that a record without
// it is never one of ours that was cut off.
func (m Migration) vouch(ctx context.Context, i installation.Installation, text string) error {
	return m.annotate(ctx, i, func(d *appsv1.Deployment) {
		if d.Annotations == nil {
			d.Annotations = map[string]string{}
		}
		d.Annotations[DigestAnnotation] = digest(text)
	})
}

func (m Migration) forgetDigest(ctx context.Context, i installation.Installation) error {
	return m.annotate(ctx, i, func(d *appsv1.Deployment) { delete(d.Annotations, DigestAnnotation) })
}

func (m Migration) annotate(ctx context.Context, i installation.Installation, change func(*appsv1.Deployment)) error {
	d, err := m.live(ctx, i)
	if err != nil {
		return err
	}
	before := d.DeepCopy()
	change(d)
	if err := m.patch(ctx, d, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("annotate deployment %s: %w", d.Name, err)
	}
	return nil
}

// keepDigest leaves the digest on the Deployment that is being restored, since the way back may
// have to be gone again from its beginning.
func keepDigest(restored, present *unstructured.Unstructured) {
	value, has := present.GetAnnotations()[DigestAnnotation]
	if !has {
		return
	}
	annotations := restored.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[DigestAnnotation] = value
	restored.SetAnnotations(annotations)
}
