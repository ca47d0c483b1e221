package manifests

import (
	"fmt"
	"slices"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	istiov1 "istio.io/client-go/pkg/apis/security/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// complete are the overlays with every component that goes with them.
func complete() []Installation {
	var all []Installation
	for _, i := range Overlays() {
		all = append(all, i.With("network-policy", "prometheus", "prometheus-rules", "grafana-dashboard"),
			i.With("network-policy", "prometheus-without-authentication"))
	}
	return append(all, Overlays()[0].With("network-policy", "prometheus-without-authentication", "without-mesh"))
}

// each runs a test on every installation.
func each(t *testing.T, test func(t *testing.T, i Installation, objects Objects, d *appsv1.Deployment)) {
	for _, i := range append(Overlays(), complete()...) {
		t.Run(i.Name(), func(t *testing.T) {
			objects, err := i.Render(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			d, err := objects.Deployment()
			if err != nil {
				t.Fatal(err)
			}
			test(t, i, objects, d)
		})
	}
}

func TestEveryObjectIsInItsNamespaceAndCarriesTheLabels(t *testing.T) {
	clusterWide := []string{"Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
	each(t, func(t *testing.T, i Installation, objects Objects, _ *appsv1.Deployment) {
		for _, o := range objects {
			want := i.Namespace
			if slices.Contains(clusterWide, o.GetKind()) {
				want = ""
			}
			if o.GetNamespace() != want {
				t.Errorf("%s is in namespace %q, want %q", name(o), o.GetNamespace(), want)
			}
			if got := o.GetLabels(); got["app"] != "profile-controller" || got["kustomize.component"] != "profiles" {
				t.Errorf("%s has the labels %v", name(o), got)
			}
			subjects, _, err := unstructured.NestedSlice(o.Object, "subjects")
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range subjects {
				if got := fmt.Sprint(s.(map[string]any)["namespace"]); got != i.Namespace {
					t.Errorf("%s binds an account in %s", name(o), got)
				}
			}
		}
	})
}

func TestEverySelectorSelectsThePod(t *testing.T) {
	each(t, func(t *testing.T, _ Installation, objects Objects, d *appsv1.Deployment) {
		for what, selector := range selectors(t, objects, d) {
			if len(selector) == 0 || !labels.SelectorFromSet(selector).Matches(labels.Set(d.Spec.Template.Labels)) {
				t.Errorf("%s selects %v, and the pod has %v", what, selector, d.Spec.Template.Labels)
			}
		}
	})
}

// selectors are all label selectors that mean the pod, by what they belong to.
func selectors(t *testing.T, objects Objects, d *appsv1.Deployment) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{"the Deployment": d.Spec.Selector.MatchLabels}
	for n, c := range d.Spec.Template.Spec.TopologySpreadConstraints {
		all[fmt.Sprintf("topology spread constraint %d", n)] = c.LabelSelector.MatchLabels
	}
	for _, o := range objects {
		switch o.GetKind() {
		case "Service":
			all[name(o)] = decoded[corev1.Service](t, o).Spec.Selector
		case "PodDisruptionBudget":
			all[name(o)] = decoded[policyv1.PodDisruptionBudget](t, o).Spec.Selector.MatchLabels
		case "NetworkPolicy":
			all[name(o)] = decoded[networkingv1.NetworkPolicy](t, o).Spec.PodSelector.MatchLabels
		case "PodMonitor":
			all[name(o)] = decoded[monitoringv1.PodMonitor](t, o).Spec.Selector.MatchLabels
		case "AuthorizationPolicy":
			var policy istiov1.AuthorizationPolicy
			if err := Decode(o, &policy); err != nil {
				t.Fatal(err)
			}
			all[name(o)] = policy.Spec.GetSelector().GetMatchLabels()
		}
	}
	return all
}

func TestEveryPortIsOneOfTheContainers(t *testing.T) {
	each(t, func(t *testing.T, _ Installation, objects Objects, d *appsv1.Deployment) {
		known := map[string]bool{}
		for _, c := range d.Spec.Template.Spec.Containers {
			for _, p := range c.Ports {
				known[p.Name], known[fmt.Sprint(p.ContainerPort)] = true, true
			}
		}
		for _, port := range ports(t, objects, d) {
			if !known[port.String()] {
				t.Errorf("nothing in the pod has the port %s", port.String())
			}
		}
	})
}

// ports are all ports of the pod that something else names.
func ports(t *testing.T, objects Objects, d *appsv1.Deployment) []intstr.IntOrString {
	t.Helper()
	var all []intstr.IntOrString
	for _, c := range d.Spec.Template.Spec.Containers {
		all = append(all, c.LivenessProbe.HTTPGet.Port, c.ReadinessProbe.HTTPGet.Port)
	}
	for _, o := range objects {
		switch o.GetKind() {
		case "Service":
			for _, p := range decoded[corev1.Service](t, o).Spec.Ports {
				all = append(all, p.TargetPort)
			}
		case "NetworkPolicy":
			for _, rule := range decoded[networkingv1.NetworkPolicy](t, o).Spec.Ingress {
				for _, p := range rule.Ports {
					all = append(all, *p.Port)
				}
			}
		case "PodMonitor":
			for _, e := range decoded[monitoringv1.PodMonitor](t, o).Spec.PodMetricsEndpoints {
				all = append(all, intstr.FromString(*e.Port))
			}
		}
	}
	return all
}

func TestAServiceMonitorFindsItsServiceAndPort(t *testing.T) {
	found := 0
	each(t, func(t *testing.T, _ Installation, objects Objects, _ *appsv1.Deployment) {
		for _, o := range objects.OfKind("ServiceMonitor") {
			monitor := decoded[monitoringv1.ServiceMonitor](t, o)
			var names []string
			for _, s := range objects.OfKind("Service") {
				service := decoded[corev1.Service](t, s)
				if !labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(service.Labels)) {
					continue
				}
				for _, p := range service.Spec.Ports {
					names = append(names, p.Name)
				}
			}
			if len(names) != 1 || names[0] != monitor.Spec.Endpoints[0].Port {
				t.Errorf("%s selects services with the ports %v and asks for %s", name(o), names, monitor.Spec.Endpoints[0].Port)
			}
			found++
		}
	})
	if found == 0 {
		t.Error("no installation has a ServiceMonitor")
	}
}

func TestThePodCanBeMovedAndHasLimits(t *testing.T) {
	each(t, func(t *testing.T, _ Installation, objects Objects, d *appsv1.Deployment) {
		budgets := objects.OfKind("PodDisruptionBudget")
		if len(budgets) != 1 {
			t.Fatalf("%d PodDisruptionBudgets", len(budgets))
		}
		// With minAvailable no node could be drained where somebody runs a single replica.
		spec := decoded[policyv1.PodDisruptionBudget](t, budgets[0]).Spec
		if *d.Spec.Replicas != 2 || spec.MinAvailable != nil || spec.MaxUnavailable.IntValue() != 1 {
			t.Errorf("%d replicas, with the budget %+v", *d.Spec.Replicas, spec)
		}
		if len(d.Spec.Template.Spec.TopologySpreadConstraints) == 0 {
			t.Error("both replicas may end on one node")
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
				t.Errorf("container %s has the resources %v", c.Name, c.Resources)
			}
			if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
				t.Errorf("container %s can write to its own file system", c.Name)
			}
			if c.Image != d.Spec.Template.Spec.Containers[0].Image {
				t.Errorf("container %s runs %s; one image has all programs", c.Name, c.Image)
			}
		}
		if !slices.Contains(d.Spec.Template.Spec.Containers[0].Args, "-leader-elect") {
			t.Error("two replicas work at the same time")
		}
	})
}

func decoded[T any](t *testing.T, o *unstructured.Unstructured) T {
	t.Helper()
	var object T
	if err := Decode(o, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func name(o metav1.Object) string {
	return fmt.Sprintf("%s %s", o.(*unstructured.Unstructured).GetKind(), o.GetName())
}
