package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

// patience is for a machine that has a lot else to do.
const patience = 90 * time.Second

// programsWork runs both containers of the Deployment under the installation's own account and
// has them do what needs rights and settings: lead, furnish a Profile, answer, be scraped.
func programsWork(t *testing.T, i manifests.Installation, objects manifests.Objects) {
	d, err := objects.Deployment()
	if err != nil {
		t.Fatal(err)
	}
	pod := d.Spec.Template.Spec
	labels, err := objects.ConfigMap("namespace-labels-data")
	if err != nil {
		t.Fatal(err)
	}
	labelsFile := filepath.Join(t.TempDir(), "namespace-labels.yaml")
	if err := os.WriteFile(labelsFile, []byte(labels["namespace-labels.yaml"]), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := objects.ConfigMap(pod.Containers[0].EnvFrom[0].ConfigMapRef.Name)
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := kubeconfigOf(t, i.Namespace, pod.ServiceAccountName)
	probes, metrics, api := freePort(t), freePort(t), freePort(t)
	manager := start(t, container(t, pod, "manager"), i.Namespace, kubeconfig, settings, "-health-probe-bind-address="+probes,
		"-metrics-bind-address="+metrics, "-namespace-labels-path="+labelsFile, "-leader-elect-namespace="+i.Namespace)
	kfam := start(t, container(t, pod, "kfam"), i.Namespace, kubeconfig, settings, "-bind-address="+api, "-shutdown-delay=0s",
		"-trust-user-header") // There is no sidecar here on whose word it would believe the header.
	answers(t, manager, "http://"+probes+"/readyz")
	answers(t, kfam, "http://"+api+"/readyz")
	answers(t, kfam, "http://"+api+"/metrics")
	name := registered(t, "http://"+api+"/kfam/v1/", settings)
	furnished(t, name, labels["namespace-labels.yaml"], manager)
	if !slices.Contains(i.Components, "without-mesh") {
		admittedByHeader(t, name, settings)
	}
	shared(t, "http://"+api+"/kfam/v1/", name, settings)
	scraped(t, i, metrics)
}

func container(t *testing.T, pod corev1.PodSpec, name string) corev1.Container {
	t.Helper()
	at := slices.IndexFunc(pod.Containers, func(c corev1.Container) bool { return c.Name == name })
	if at < 0 {
		t.Fatalf("the pod has no container %s", name)
	}
	return pod.Containers[at]
}

func answers(t *testing.T, p *process, url string) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		select {
		case err := <-p.ended:
			p.ended <- err
			return false, fmt.Errorf("it ended: %w", err)
		default:
			return status(url, "") == http.StatusOK, nil
		}
	})
	if err != nil {
		t.Fatalf("%s: %v\n%s", url, err, p.log.String())
	}
}

// furnished waits until the controller has furnished the Profile, and looks whether it went by
// the installation's labels.
func furnished(t *testing.T, name, labels string, p *process) {
	t.Helper()
	profile := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}}
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := pg.Client.Get(ctx, client.ObjectKeyFromObject(profile), profile)
		ready := slices.ContainsFunc(profile.Status.Conditions, func(c profilev1.ProfileCondition) bool {
			return c.Type == profilev1.ConditionReady && c.Status == metav1.ConditionTrue
		})
		return ready, err
	})
	if err != nil {
		t.Fatalf("the Profile is not ready: %v; its status is %+v\n%s", err, profile.Status, p.log.String())
	}
	var namespace corev1.Namespace
	if err := pg.Client.Get(t.Context(), client.ObjectKey{Name: profile.Name}, &namespace); err != nil {
		t.Fatal(err)
	}
	var wanted map[string]string
	if err := yaml.Unmarshal([]byte(labels), &wanted); err != nil {
		t.Fatal(err)
	}
	for key, value := range wanted {
		if namespace.Labels[key] != value {
			t.Errorf("the namespace has %s=%q, want %q", key, namespace.Labels[key], value)
		}
	}
}

// admittedByHeader looks whether the controller went by the installation's user header.
func admittedByHeader(t *testing.T, name string, settings map[string]string) {
	t.Helper()
	var policy istiov1beta1.AuthorizationPolicy
	if err := pg.Client.Get(t.Context(), client.ObjectKey{Namespace: name, Name: "ns-owner-access-istio"}, &policy); err != nil {
		t.Fatal(err)
	}
	when := policy.Spec.GetRules()[0].GetWhen()[0]
	if want := "request.headers[" + settings["USERID_HEADER"] + "]"; when.GetKey() != want || when.GetValues()[0] != settings["USERID_PREFIX"]+owner(name) {
		t.Errorf("the owner is admitted by %v, want by %s", when, want)
	}
}
