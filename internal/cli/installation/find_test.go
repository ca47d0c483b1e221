package installation

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"
)

// find finds what these objects install in the namespace kubeflow.
func find(t *testing.T, objects ...client.Object) []Installation {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(), Namespaces()...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func deployment(t *testing.T, podSpec string) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: "profiles-deployment"}}
	if err := yaml.UnmarshalStrict([]byte(podSpec), &d.Spec.Template.Spec); err != nil {
		t.Fatal(err)
	}
	return d
}

func settings(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: name}, Data: data}
}

func TestAProgramIsToldInManyWays(t *testing.T) {
	found := find(t, deployment(t, `
containers:
- name: sidecar
- name: manager
  image: profiles:v1
  command: [/manager, -userid-header, $(HEADER), -userid-prefix, $(PREFIX), --leader-elect]
  args: [--mesh=none, -groups-claim=$(CLAIM), -trust-domain=$(UNKNOWN), -reserved-namespaces, "team-*"]
  envFrom: [{configMapRef: {name: all}}, {configMapRef: {name: missing}}]
  env:
  - {name: CLAIM, valueFrom: {configMapKeyRef: {name: one, key: claim}}}
  - {name: HEADER, value: x-user}
  - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
`), settings("all", map[string]string{"HEADER": "overridden", "PREFIX": "", "KFP_UI_PRINCIPAL": "td/ns/a/sa/b"}), settings("one", map[string]string{"claim": "teams"}))
	if len(found) != 1 || found[0].KFAM != nil || found[0].ServiceAccount() != "default" {
		t.Fatalf("found %+v", found)
	}
	m := found[0].Manager
	got := []any{m.Image, m.UserIDHeader(), m.UserIDPrefix(), m.Mesh(), m.GroupsClaim(), m.Flag("leader-elect", "false"), m.Flag("trust-domain", ""), m.Flag("workers", "16"), m.Settings().KFPUIPrincipal}
	want := []any{"profiles:v1", "x-user", "", false, "teams", "true", "$(UNKNOWN)", "16", "td/ns/a/sa/b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it was told (-want +got):\n%s", diff)
	}
	reserved := found[0].Reserved()
	for name, want := range map[string]bool{"team-a": true, "kubeflow": true, "kube-public": true, "ann": false} {
		if reserved.Contains(name) != want {
			t.Errorf("%s is reserved: %t", name, !want)
		}
	}
}

func TestTheControllerIsTheFirstContainerWhereNoneHasItsName(t *testing.T) {
	found := find(t, deployment(t, `{serviceAccountName: me, containers: [{name: other, image: a}, {name: kfam, image: b}]}`))
	if found[0].Manager.Image != "a" || found[0].KFAM.Image != "b" || found[0].ServiceAccount() != "me" {
		t.Errorf("found %+v", found[0])
	}
	if header, prefix := found[0].Manager.UserIDHeader(), found[0].Manager.UserIDPrefix(); header != "x-goog-authenticated-user-email" || prefix != "accounts.google.com:" {
		t.Errorf("by default the header is %q and the prefix %q", header, prefix)
	}
	if none := find(t); len(none) > 0 {
		t.Errorf("found %+v where there is nothing", none)
	}
}

// TestManifestsOfANamespaceThatLooksLikeSomethingElse has names that YAML would read as a
// truth value and as a number.
func TestManifestsOfANamespaceThatLooksLikeSomethingElse(t *testing.T) {
	for _, namespace := range []string{"n", "7"} {
		objects, err := Manifests(namespace, ControllerRights...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			if o.GetKind() == "ServiceAccount" && o.GetNamespace() != namespace {
				t.Errorf("the service account is in namespace %q, want %q", o.GetNamespace(), namespace)
			}
		}
	}
}
