package migration

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// noted is a cluster on which a move has recorded how things were.
func noted(t *testing.T) (Migration, installation.Installation) {
	t.Helper()
	i := inKubeflow(t)
	m, _ := begin(t, i.Deployment.DeepCopy())
	if _, err := m.note(t.Context(), i, nil); err != nil {
		t.Fatal(err)
	}
	return m, found(t, m, i)
}

// found is the installation as the next run finds it.
func found(t *testing.T, m Migration, i installation.Installation) installation.Installation {
	t.Helper()
	d, err := m.live(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	i.Deployment = d
	return i
}

func TestARecordOfOursIsRead(t *testing.T) {
	m, i := noted(t)
	r, err := readRecord(t.Context(), m.Cluster, i)
	if err != nil || len(r.Before) != 1 || r.Before[0].GetKind() != "Deployment" {
		t.Fatalf("got %+v, %v", r, err)
	}
	if _, has := r.Before[0].GetAnnotations()[DigestAnnotation]; has {
		t.Error("the record would bring the annotation back")
	}
}

// TestARecordOfSomebodyElseDoesNothing has somebody who may write ConfigMaps want to be cluster-admin.
func TestARecordOfSomebodyElseDoesNothing(t *testing.T) {
	const forged = `{"before":[{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"mine"},` +
		`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"User","name":"eve"}]}]}`
	changed, ofChanged := noted(t)
	planted := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: RecordName}, Data: map[string]string{recordKey: forged}}
	if err := changed.Cluster.Update(t.Context(), planted.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	fresh := inKubeflow(t)
	early, _ := begin(t, fresh.Deployment.DeepCopy(), planted.DeepCopy())
	for name, cluster := range map[string]struct {
		m Migration
		i installation.Installation
	}{"changed": {changed, ofChanged}, "planted before the move": {early, fresh}} {
		for verb, err := range map[string]error{"rollback": cluster.m.Rollback(t.Context(), cluster.i), "apply": cluster.m.Apply(t.Context(), cluster.i, "new:v1")} {
			if err == nil || !strings.Contains(err.Error(), "was written or changed by somebody else") {
				t.Errorf("%s: %s says %v", name, verb, err)
			}
		}
		var bindings rbacv1.ClusterRoleBindingList
		if err := cluster.m.Cluster.List(t.Context(), &bindings); err != nil || len(bindings.Items) > 0 {
			t.Errorf("%s: there are %d ClusterRoleBindings, %v", name, len(bindings.Items), err)
		}
	}
}

// TestARecordThatWasCutOffIsMadeAnew ends the process between the digest and the record.
func TestARecordThatWasCutOffIsMadeAnew(t *testing.T) {
	m, i := noted(t)
	if err := m.Cluster.Delete(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: RecordName}}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.note(t.Context(), i, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := readRecord(t.Context(), m.Cluster, found(t, m, i)); err != nil || r == nil {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestTheWayBackCanBeGoneAgain ends the process after the Deployment was restored.
func TestTheWayBackCanBeGoneAgain(t *testing.T) {
	m, i := noted(t)
	r, err := readRecord(t.Context(), m.Cluster, i)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.restore(t.Context(), r.Before[0]); err != nil {
		t.Fatal(err)
	}
	if err := m.Rollback(t.Context(), found(t, m, i)); err != nil {
		t.Fatal(err)
	}
	if _, has := found(t, m, i).Deployment.Annotations[DigestAnnotation]; has {
		t.Error("the annotation is left behind")
	}
	err = m.Cluster.Get(t.Context(), client.ObjectKey{Namespace: "kubeflow", Name: RecordName}, &corev1.ConfigMap{})
	if client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("the record is left behind: %v", err)
	}
}
