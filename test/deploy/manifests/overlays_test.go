package manifests

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// What existing installations depend on, overlay by overlay.
func TestOverlays(t *testing.T) {
	standalone := map[string]string{"app.kubernetes.io/part-of": "kubeflow-profile"}
	kubeflow := map[string]string{"app.kubernetes.io/part-of": "kubeflow-profile", "katib.kubeflow.org/metrics-collector-injection": "enabled",
		"pipelines.kubeflow.org/enabled": "true", "serving.kubeflow.org/inferenceservice": "enabled"}
	pss := map[string]string{"pod-security.kubernetes.io/enforce": "baseline"}
	for key, value := range kubeflow {
		pss[key] = value
	}
	tests := map[string]struct {
		header, prefix string
		labels         map[string]string
		// roles, namespace and mesh tell whether the overlay brings them.
		roles, namespace, mesh bool
	}{
		"standalone":   {"x-goog-authenticated-user-email", "accounts.google.com:", standalone, true, true, false},
		"kubeflow":     {"kubeflow-userid", "", kubeflow, false, false, true},
		"kubeflow-pss": {"kubeflow-userid", "", pss, false, false, true},
	}
	for _, i := range Overlays() {
		t.Run(i.Overlay, func(t *testing.T) {
			want := tests[i.Overlay]
			objects, err := i.Render(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			d, err := objects.Deployment()
			if err != nil {
				t.Fatal(err)
			}
			settings, err := objects.ConfigMap(d.Spec.Template.Spec.Containers[0].EnvFrom[0].ConfigMapRef.Name)
			if err != nil {
				t.Fatal(err)
			}
			keys := map[string]string{"ADMIN": "", "WORKLOAD_IDENTITY": "", "USERID_HEADER": want.header, "USERID_PREFIX": want.prefix,
				"ISTIO_INGRESS_GATEWAY_PRINCIPAL": "", "KFP_UI_PRINCIPAL": "", "NOTEBOOK_CONTROLLER_PRINCIPAL": ""}
			if diff := cmp.Diff(keys, settings); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
			file, err := objects.ConfigMap("namespace-labels-data")
			if err != nil {
				t.Fatal(err)
			}
			var labels map[string]string
			if err := yaml.Unmarshal([]byte(file["namespace-labels.yaml"]), &labels); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.labels, labels); diff != "" {
				t.Errorf("namespace labels (-want +got):\n%s", diff)
			}
			roles := 0
			for _, o := range objects.OfKind("ClusterRole") {
				if strings.HasPrefix(o.GetName(), "kubeflow-") {
					roles++
				}
			}
			if (roles > 0) != want.roles || (len(objects.OfKind("Namespace")) > 0) != want.namespace || (len(objects.OfKind("VirtualService")) > 0) != want.mesh {
				t.Errorf("%d ClusterRoles of Kubeflow, %d Namespaces, %d VirtualServices", roles, len(objects.OfKind("Namespace")), len(objects.OfKind("VirtualService")))
			}
			// The access API believes user headers on the word of a sidecar alone.
			if sidecar := d.Spec.Template.Labels["sidecar.istio.io/inject"] == "true"; sidecar != want.mesh {
				t.Errorf("asks for a sidecar: %t", sidecar)
			}
		})
	}
}
