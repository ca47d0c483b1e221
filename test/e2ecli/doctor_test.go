package e2ecli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

const deploymentName = "profiles-deployment"

// create creates an object for the time of a test.
func create(t *testing.T, o client.Object) {
	t.Helper()
	if err := pg.Client.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { remove(t, o) })
}

func remove(t *testing.T, o client.Object) {
	t.Helper()
	// The test's own context has ended by the time that it is cleaned up.
	if err := client.IgnoreNotFound(pg.Client.Delete(context.WithoutCancel(t.Context()), o)); err != nil {
		t.Error(err)
	}
}

// gateway makes the service accounts that the mesh policies admit.
func gateway(t *testing.T) {
	t.Helper()
	for _, namespace := range []string{"istio-system", "kubeflow"} {
		// They stay: a namespace takes a while to go, and others may want it again.
		err := pg.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	for name, namespace := range map[string]string{"istio-ingressgateway-service-account": "istio-system", "ml-pipeline-ui": "kubeflow", "notebook-controller-service-account": "kubeflow"} {
		create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}})
	}
}

// podsAreReady writes what the controller of Deployments would, if there were nodes, for
// the time of a test.
func podsAreReady(t *testing.T) {
	t.Helper()
	write := func(ready int32) {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: playground.SystemNamespace, Name: deploymentName}}
		status := fmt.Sprintf(`{"status": {"replicas": %d, "readyReplicas": %d, "updatedReplicas": %d, "availableReplicas": %d}}`, ready, ready, ready, ready)
		if err := pg.Client.Status().Patch(context.WithoutCancel(t.Context()), d, client.RawPatch(types.MergePatchType, []byte(status))); err != nil {
			t.Fatal(err)
		}
	}
	write(2)
	t.Cleanup(func() { write(0) })
}

// accessAPIRights gives the rights that Install leaves out.
func accessAPIRights(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	objects, err := playground.Render(playground.Overlay)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.GetName() == "profiles-kfam-rolebinding" {
			if err := pg.Apply(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			return o
		}
	}
	t.Fatal("the manifests have no binding of the access API's rights")
	return nil
}

type finding struct{ Check, Status, Message, Advice string }

// examine returns what doctor says that is not fine, but for Profiles, which are other tests'.
func examine(t *testing.T) []finding {
	t.Helper()
	o := open(t).run("doctor", "--namespace", playground.SystemNamespace, "-o", "json")
	var all, some []finding
	if err := json.Unmarshal([]byte(o.out), &all); err != nil {
		t.Fatalf("%v: %s%s", err, o.out, o.err)
	}
	problems := false
	for _, f := range all {
		problems = problems || f.Status == "problem"
		if f.Status != "fine" && f.Check != "Profiles" {
			some = append(some, f)
		}
	}
	if problems != (o.code == 1) {
		t.Errorf("exit code %d: %s", o.code, o.out)
	}
	return some
}

func says(t *testing.T, findings []finding, check, want string) {
	t.Helper()
	for _, f := range findings {
		if f.Check == check && strings.Contains(f.Message, want) {
			return
		}
	}
	t.Errorf("nothing about %s says %q: %+v", check, want, findings)
}

func TestDoctor(t *testing.T) {
	found := examine(t)
	says(t, found, "Controller", "no pod of deployment/profiles-deployment in namespace profiles-system is ready")
	says(t, found, "Rights", "service account profiles-system/profiles-controller-service-account may not")
	says(t, found, "Mesh", "there is no service account for the ingress gateway")

	gateway(t)
	podsAreReady(t)
	binding := accessAPIRights(t)
	defer remove(t, binding)
	startController(t, playground.ControllerOptions{})
	// A controller is ready before it leads.
	eventually(t, "doctor finds nothing", func() error {
		if some := examine(t); len(some) > 0 {
			return fmt.Errorf("it finds %+v", some)
		}
		return nil
	})

	create(t, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "too-much"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: playground.SystemNamespace, Name: playground.ControllerAccount}}})
	says(t, examine(t), "Rights", "may do everything, as cluster-admin")
}
