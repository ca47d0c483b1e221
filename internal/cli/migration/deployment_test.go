package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

// existing is a Deployment in the shape of the existing controller's: flags behind the
// program's name and in args, settings from a ConfigMap, and what an admin added.
const existing = `
metadata: {name: profiles-deployment, namespace: kubeflow, annotations: {note: ours}}
spec:
  replicas: 0
  selector: {matchLabels: {app: profile-controller}}
  template:
    metadata: {labels: {app: profile-controller}}
    spec:
      nodeSelector: {pool: system}
      containers:
      - name: manager
        image: old/profile-controller:v1
        command: [/manager, -userid-header, $(USERID_HEADER), -userid-prefix, $(USERID_PREFIX), -zap-log-level, debug]
        args: [--health-probe-bind-address=:9876, --zap-devel, --leader-election-namespace=x]
        env: [{name: AWS_REGION, value: eu-west-1}, {name: POD_NAMESPACE, value: mine}]
        envFrom: [{configMapRef: {name: profiles-config}}]
      - name: kfam
        image: old/kfam:v1
        command: [/access-management, -cluster-admin, $(ADMIN)]
      - name: sidecar
        image: others/sidecar:v1
        args: [-zap-devel]
`

func read(t *testing.T, text string) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	if err := yaml.UnmarshalStrict([]byte(text), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSwitchExchangesProgramsAndKeepsTheRest(t *testing.T) {
	before := read(t, existing)
	got, dropped := Switch(before, "new:v1")
	want := read(t, `
metadata: {name: profiles-deployment, namespace: kubeflow, annotations: {note: ours}}
spec:
  replicas: 1
  selector: {matchLabels: {app: profile-controller}}
  template:
    metadata: {labels: {app: profile-controller}}
    spec:
      nodeSelector: {pool: system}
      containers:
      - name: manager
        image: new:v1
        args: [-userid-header, $(USERID_HEADER), -userid-prefix, $(USERID_PREFIX), --health-probe-bind-address=:9876, -leader-elect]
        env:
        - {name: AWS_REGION, value: eu-west-1}
        - {name: POD_NAME, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}
        - {name: POD_NAMESPACE, value: mine}
        - {name: POD_UID, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.uid}}}
        envFrom: [{configMapRef: {name: profiles-config}}]
      - name: kfam
        image: new:v1
        command: [/kfam]
        args: [-cluster-admin, $(ADMIN)]
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}
        - {name: POD_NAMESPACE, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}}
        - {name: POD_UID, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.uid}}}
      - name: sidecar
        image: others/sidecar:v1
        args: [-zap-devel]
`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the Deployment differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"-zap-log-level", "debug", "--zap-devel", "--leader-election-namespace=x"}, dropped); diff != "" {
		t.Errorf("what was left out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(read(t, existing), before); diff != "" {
		t.Errorf("the Deployment that was given was changed (-before +after):\n%s", diff)
	}
}

func TestSwitchOfWhatIsSwitchedChangesNothing(t *testing.T) {
	once, _ := Switch(read(t, existing), "new:v1")
	once.Spec.Replicas = ptr.To[int32](3)
	twice, dropped := Switch(once, "new:v1")
	if diff := cmp.Diff(once, twice); diff != "" || len(dropped) > 0 {
		t.Errorf("the second time something changes, and %q is left out (-once +twice):\n%s", dropped, diff)
	}
}
