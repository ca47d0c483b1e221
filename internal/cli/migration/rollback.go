package migration

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// Rollback brings Deployment and rights back to how they were. Our controller stops before the
// old one starts. The CRD stays, since the old one would throw away what it cannot hold.
func (m Migration) Rollback(ctx context.Context, i installation.Installation) error {
	before, err := readRecord(ctx, m.Cluster, i)
	if err != nil {
		return err
	}
	if before == nil {
		return fmt.Errorf("there is no configmap %s in namespace %s, so it is not known how things were: nothing was moved, or it was taken back already", RecordName, i.Namespace)
	}
	if err := m.stop(ctx, i); err != nil {
		return err
	}
	// The Deployment comes last: it needs its rights when it starts.
	for n := len(before.Before) - 1; n >= 0; n-- {
		o := before.Before[n]
		if err := m.restore(ctx, o); err != nil {
			return fmt.Errorf("bring %s back to how it was: %w", referenceTo(o).text(), err)
		}
		m.did(referenceTo(o).text() + " restored")
	}
	for _, created := range before.Created {
		if err := m.delete(ctx, created.object()); err != nil {
			return fmt.Errorf("delete %s: %w", created.text(), err)
		}
		m.did(created.text() + " deleted")
	}
	noted := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: i.Namespace, Name: RecordName}}
	if err := m.delete(ctx, noted); err != nil {
		return fmt.Errorf("delete the record: %w", err)
	}
	m.did("configmap/" + RecordName + " deleted")
	return m.forgetDigest(ctx, i)
}
