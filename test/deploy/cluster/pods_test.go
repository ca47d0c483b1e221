package cluster

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

// admitted asks for a pod of the Deployment in the namespace of the installation, which enforces
// the standard restricted, and for one that the standard forbids, to see that it is enforced.
func admitted(t *testing.T, i manifests.Installation, objects manifests.Objects) {
	d, err := objects.Deployment()
	if err != nil {
		t.Fatal(err)
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: i.Namespace, Name: "profiles-trial", Labels: d.Spec.Template.Labels},
		Spec:       d.Spec.Template.Spec,
	}
	if err := pg.Client.Create(t.Context(), pod.DeepCopy(), client.DryRunAll); err != nil {
		t.Error(err)
	}
	for n := range pod.Spec.Containers {
		loose := pod.DeepCopy()
		loose.Spec.Containers[n].SecurityContext.AllowPrivilegeEscalation = ptr.To(true)
		err := pg.Client.Create(t.Context(), loose, client.DryRunAll)
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "violates PodSecurity") {
			t.Errorf("a pod with privilege escalation in container %d was answered with %v", n, err)
		}
	}
}
