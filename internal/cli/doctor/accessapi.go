package doctor

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// sidecar is the name that Istio gives to its container.
const sidecar = "istio-proxy"

// examineAccessAPI looks at how the access API finds out who is calling.
func examineAccessAPI(ctx context.Context, e *examination) ([]Finding, error) {
	i := e.controller()
	if i.KFAM == nil {
		return nil, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(i.Deployment.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("read the selector of deployment %s: %w", i.Deployment.Name, err)
	}
	var pods corev1.PodList
	if err := e.cluster.List(ctx, &pods, client.InNamespace(i.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return nil, fmt.Errorf("list the pods of deployment %s: %w", i.Deployment.Name, err)
	}
	return judgeAccessAPI(i, pods.Items), nil
}

func judgeAccessAPI(i installation.Installation, pods []corev1.Pod) []Finding {
	const name = "Access API"
	if i.KFAM.Flag("trust-user-header", "false") == "true" {
		return []Finding{warning(name, "Let nobody but the gateway reach it, or have a mesh vouch for callers and leave the argument out.",
			"it believes the user header from anybody (-trust-user-header).")}
	}
	acceptsTokens := i.KFAM.Flag("oidc-issuer", "") != "" || i.KFAM.Flag("accept-service-accounts", "false") == "true"
	without := slices.DeleteFunc(slices.Clone(pods), hasSidecar)
	if len(without) > 0 && !acceptsTokens {
		return []Finding{problem(name, "Have Istio inject one (label the pods sidecar.istio.io/inject: \"true\"), or see docs/access.md for other ways to tell who is calling.",
			"pod %s has no sidecar (%s), and without one it knows nobody who calls.", without[0].Name, sidecar)}
	}
	return nil
}

// hasSidecar looks in both places where Istio puts it.
func hasSidecar(pod corev1.Pod) bool {
	return slices.ContainsFunc(slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers), func(c corev1.Container) bool { return c.Name == sidecar })
}
