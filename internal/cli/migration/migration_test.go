package migration

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
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
