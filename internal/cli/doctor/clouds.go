package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// helper is what has to run in a cluster for pods to see the identity that a plugin gave
// to their service account.
type helper struct {
	plugin, what string
	object       func() client.Object
	key          client.ObjectKey
	advice       string
}

// helpers are named as their clouds' documentation names them.
var helpers = []helper{
	{"AwsIamForServiceAccount", "the EKS pod identity webhook", func() client.Object { return &admissionv1.MutatingWebhookConfiguration{} },
		client.ObjectKey{Name: "pod-identity-webhook"}, "EKS brings it; elsewhere install amazon-eks-pod-identity-webhook."},
	{"AwsPodIdentity", "the EKS Pod Identity Agent", func() client.Object { return &appsv1.DaemonSet{} },
		client.ObjectKey{Namespace: "kube-system", Name: "eks-pod-identity-agent"}, "Add the EKS add-on eks-pod-identity-agent."},
	{"AzureWorkloadIdentity", "the Azure workload identity webhook", func() client.Object { return &admissionv1.MutatingWebhookConfiguration{} },
		client.ObjectKey{Name: "azure-wi-webhook-mutating-webhook-configuration"}, "On AKS: az aks update --enable-workload-identity."},
	{"WorkloadIdentity", "the GKE metadata server", func() client.Object { return &appsv1.DaemonSet{} },
		client.ObjectKey{Namespace: "kube-system", Name: "gke-metadata-server"}, "Enable Workload Identity Federation for GKE on the cluster and its node pools."},
}

func examineClouds(ctx context.Context, e *examination) ([]Finding, error) {
	const name = "Cloud identity"
	var findings []Finding
	for _, h := range helpers {
		using := usersOf(h.plugin, e.profiles)
		if len(using) == 0 {
			continue
		}
		switch err := e.cluster.Get(ctx, h.key, h.object()); {
		case apierrors.IsNotFound(err):
			findings = append(findings, warning(name, h.advice, "%s (%s) was not found, so pods of %s may not see the identity of their service account.", h.what, h.key.Name, enumerate(using)))
		case err != nil:
			return findings, fmt.Errorf("read %s: %w", h.key.Name, err)
		default:
			findings = append(findings, fine(name, "%s is there.", h.what))
		}
	}
	return findings, nil
}

// usersOf are the Profiles that name a plugin.
func usersOf(kind string, profiles []profilev1.Profile) []string {
	var names []string
	for _, p := range profiles {
		if slices.ContainsFunc(p.Spec.Plugins, func(plugin profilev1.Plugin) bool { return strings.EqualFold(plugin.Kind, kind) }) {
			names = append(names, p.Name)
		}
	}
	return names
}
