package migration

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// begin returns a migration of a cluster with these objects, and what it says.
func begin(t *testing.T, objects ...client.Object) (Migration, *bytes.Buffer) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	said := &bytes.Buffer{}
	return Migration{Cluster: fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(), Out: said,
		DryRun: Really, Timeout: 20 * time.Millisecond, Poll: time.Millisecond}, said
}

func inKubeflow(t *testing.T) installation.Installation {
	d := read(t, existing)
	d.Spec.Template.Spec.ServiceAccountName = "controller"
	return installation.Installation{Namespace: "kubeflow", Deployment: d}
}

var (
	controllerAccount = rbacv1.Subject{Kind: "ServiceAccount", Namespace: "kubeflow", Name: "controller"}
	lookalike         = rbacv1.Subject{Kind: "ServiceAccount", Namespace: "elsewhere", Name: "controller"}
)

func clusterBinding(name, role string, subjects ...rbacv1.Subject) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Subjects: subjects,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}}
}

func TestDemoteTakesAwayTheControllersRightAndNobodyElses(t *testing.T) {
	m, said := begin(t, clusterBinding("alone", "cluster-admin", controllerAccount), clusterBinding("shared", "cluster-admin", lookalike, controllerAccount),
		clusterBinding("others", "cluster-admin", lookalike), clusterBinding("small", "view", controllerAccount))
	if err := m.demote(t.Context(), inKubeflow(t)); err != nil {
		t.Fatal(err)
	}
	var left rbacv1.ClusterRoleBindingList
	if err := m.Cluster.List(t.Context(), &left); err != nil {
		t.Fatal(err)
	}
	got := map[string][]rbacv1.Subject{}
	for _, b := range left.Items {
		got[b.Name] = b.Subjects
	}
	if diff := cmp.Diff(map[string][]rbacv1.Subject{"shared": {lookalike}, "others": {lookalike}, "small": {controllerAccount}}, got); diff != "" {
		t.Errorf("the bindings differ (-want +got):\n%s", diff)
	}
	if want := "clusterrolebinding/alone: cluster-admin taken away\nclusterrolebinding/shared: cluster-admin taken away\n"; said.String() != want {
		t.Errorf("it says %q, want %q", said, want)
	}
}

func TestABindingToAnotherRoleIsReplaced(t *testing.T) {
	present := clusterBinding("profiles-controller-rolebinding", "cluster-admin", lookalike)
	wanted, err := runtime.DefaultUnstructuredConverter.ToUnstructured(clusterBinding(present.Name, "profiles-controller-role", controllerAccount))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{Object: wanted}
	o.SetAPIVersion("rbac.authorization.k8s.io/v1")
	o.SetKind("ClusterRoleBinding")
	m, _ := begin(t, present)
	present.UID = ""
	if err := m.makeRoom(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := m.Cluster.Get(t.Context(), client.ObjectKeyFromObject(present), &rbacv1.ClusterRoleBinding{}); !apierrors.IsNotFound(err) {
		t.Errorf("the binding to another role is still there: %v", err)
	}
	if err := m.restore(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := m.makeRoom(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	now := &rbacv1.ClusterRoleBinding{}
	if err := m.Cluster.Get(t.Context(), client.ObjectKeyFromObject(present), now); err != nil || now.RoleRef.Name != "profiles-controller-role" {
		t.Errorf("the binding is to %q (%v)", now.RoleRef.Name, err)
	}
}

func TestTheOldControllersPodsAreWaitedFor(t *testing.T) {
	pod := func(name string, phase corev1.PodPhase, labels map[string]string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: name, Labels: labels}, Status: corev1.PodStatus{Phase: phase}}
	}
	ours := map[string]string{"app": "profile-controller"}
	m, _ := begin(t, pod("running", corev1.PodRunning, ours), pod("done", corev1.PodSucceeded, ours), pod("other", corev1.PodRunning, nil))
	d := inKubeflow(t).Deployment
	err := m.awaitNoPods(t.Context(), d)
	if err == nil || err.Error() != "the old controller did not stop within 20ms: pod running is still there" {
		t.Errorf("it says %v", err)
	}
	if err := m.Cluster.Delete(t.Context(), pod("running", "", nil)); err != nil {
		t.Fatal(err)
	}
	if err := m.awaitNoPods(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// TestAMoveToANewerImageKeepsWhatWasSetSince has an admin work on the Deployment after a first move.
func TestAMoveToANewerImageKeepsWhatWasSetSince(t *testing.T) {
	m, i := noted(t)
	if err := m.start(t.Context(), i, "new:v1", 1); err != nil {
		t.Fatal(err)
	}
	set := found(t, m, i).Deployment
	pods := &set.Spec.Template
	pods.Annotations = map[string]string{"kubeflow.org/aws-role-arn": "arn:aws:iam::123456789012:role/controller"}
	pods.Spec.Containers[0].Args = append(pods.Spec.Containers[0].Args, "-aws-require-role-tag")
	pods.Spec.Containers[0].Resources.Limits = corev1.ResourceList{"memory": resource.MustParse("1Gi")}
	if err := m.Cluster.Update(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	if err := m.start(t.Context(), found(t, m, i), "new:v2", 3); err != nil {
		t.Fatal(err)
	}
	want := set.DeepCopy()
	want.Spec.Replicas = ptr.To[int32](3)
	want.Spec.Template.Spec.Containers[0].Image, want.Spec.Template.Spec.Containers[1].Image = "new:v2", "new:v2"
	if diff := cmp.Diff(want.Spec, found(t, m, i).Deployment.Spec); diff != "" {
		t.Errorf("the Deployment differs (-want +got):\n%s", diff)
	}
}

func TestAsManyPodsAsBefore(t *testing.T) {
	deployment := func(replicas *int32) *appsv1.Deployment {
		return &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: replicas}}
	}
	recorded := func(replicas int64) *record {
		o := &unstructured.Unstructured{Object: map[string]any{"kind": "Deployment", "spec": map[string]any{"replicas": replicas}}}
		return &record{Before: []*unstructured.Unstructured{{Object: map[string]any{"kind": "Role"}}, o}}
	}
	for name, c := range map[string]struct {
		record  *record
		present *int32
		want    int32
	}{
		"it runs":                           {recorded(1), ptr.To[int32](3), 3},
		"it runs with the default":          {recorded(2), nil, 1},
		"an earlier attempt stopped it":     {recorded(2), ptr.To[int32](0), 2},
		"it was scaled to zero all along":   {recorded(0), ptr.To[int32](0), 1},
		"nobody knows how many it ever had": {&record{}, ptr.To[int32](0), 1},
	} {
		if got := c.record.pods(deployment(c.present)); got != c.want {
			t.Errorf("%s: %d pods, want %d", name, got, c.want)
		}
	}
}

func TestNotSettled(t *testing.T) {
	profile := func(name string, generation, observed int64, status metav1.ConditionStatus) profilev1.Profile {
		return profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name, Generation: generation}, Status: profilev1.ProfileStatus{Conditions: []profilev1.ProfileCondition{
			{Type: profilev1.ConditionReady, Status: status, Reason: "Why", ObservedGeneration: observed}}}}
	}
	leaving := profile("leaving", 1, 1, "False")
	leaving.DeletionTimestamp = &metav1.Time{}
	got := notSettled([]profilev1.Profile{profile("ready", 2, 2, "True"), profile("old", 2, 1, "True"), profile("bad", 1, 1, "False"),
		profile("known", 1, 1, "False"), {ObjectMeta: metav1.ObjectMeta{Name: "new"}}, leaving}, []string{"known", "new"})
	if want := "old (not reported on), bad (Why), new (not reported on)"; got != want {
		t.Errorf("waits for %q, want %q", got, want)
	}
}

func TestARecordThatCannotBeReadStopsTheMove(t *testing.T) {
	m, _ := begin(t, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: RecordName}, Data: map[string]string{"record.json": "{"}})
	i := inKubeflow(t)
	i.Deployment.Annotations = map[string]string{DigestAnnotation: digest("{")}
	for name, act := range map[string]error{"apply": m.Apply(t.Context(), i, "new:v1"), "rollback": m.Rollback(t.Context(), i)} {
		if act == nil || !strings.Contains(act.Error(), "cannot be read as a record of how things were") {
			t.Errorf("%s says %v", name, act)
		}
	}
}
