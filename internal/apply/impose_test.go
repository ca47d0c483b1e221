package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func binding(change func(*rbacv1.RoleBinding)) *rbacv1.RoleBinding {
	b := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "namespaceAdmin", Labels: map[string]string{"ours": "1"}, Annotations: map[string]string{"user": "a"}},
		RoleRef:    rbacv1.RoleRef{Kind: "ClusterRole", Name: "kubeflow-admin"},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: "a"}},
	}
	change(b)
	return b
}

func quota(change func(*corev1.ResourceQuotaSpec)) *corev1.ResourceQuota {
	q := &corev1.ResourceQuota{Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"cpu": resource.MustParse("2")}}}
	change(&q.Spec)
	return q
}

func policy(change func(*istioapi.AuthorizationPolicy)) *istiov1beta1.AuthorizationPolicy {
	p := &istiov1beta1.AuthorizationPolicy{}
	p.Spec.Rules = []*istioapi.Rule{{When: []*istioapi.Condition{{Key: "source.namespace", Values: []string{"a"}}}}}
	change(&p.Spec)
	return p
}

func namespaceWith(labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: labels}}
}

func asIs[T any](T) {}

func TestImposeNamesWhatDiffersAndThenNothingDoes(t *testing.T) {
	tests := map[string]struct {
		live, want client.Object
		fields     []string
	}{
		"the same binding":               {binding(asIs), binding(asIs), nil},
		"foreign labels and annotations": {binding(func(b *rbacv1.RoleBinding) { b.Labels["x"], b.Annotations["y"] = "1", "2" }), binding(asIs), nil},
		"a label gone":                   {binding(func(b *rbacv1.RoleBinding) { b.Labels = nil }), binding(asIs), []string{"labels"}},
		"an annotation changed":          {binding(func(b *rbacv1.RoleBinding) { b.Annotations["user"] = "b" }), binding(asIs), []string{"annotations"}},
		"a second subject":               {binding(func(b *rbacv1.RoleBinding) { b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "User", Name: "x"}) }), binding(asIs), []string{"subjects"}},
		"the same quantity, written otherwise": {
			quota(func(s *corev1.ResourceQuotaSpec) { s.Hard["cpu"] = resource.MustParse("2000m") }), quota(asIs), nil},
		"a limit added by hand": {quota(func(s *corev1.ResourceQuotaSpec) { s.Hard["pods"] = resource.MustParse("1") }), quota(asIs), []string{"spec"}},
		"the same policy":       {policy(asIs), policy(asIs), nil},
		"a policy narrowed to no workload": {
			policy(func(s *istioapi.AuthorizationPolicy) { s.Action = istioapi.AuthorizationPolicy_DENY }), policy(asIs), []string{"spec"}},
		"a label that a namespace must lose": {namespaceWith(map[string]string{"a": "1", "b": "2"}), namespaceWith(map[string]string{"a": "1"}), []string{"labels"}},
		"a service account":                  {&corev1.ServiceAccount{ImagePullSecrets: []corev1.LocalObjectReference{{Name: "x"}}}, &corev1.ServiceAccount{}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fields, err := impose(test.live, test.want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.fields, fields); diff != "" {
				t.Errorf("differing fields (-want +got):\n%s", diff)
			}
			if again, _ := impose(test.live, test.want); len(again) > 0 {
				t.Errorf("%v still differ after they were imposed", again)
			}
		})
	}
}

func TestImposeRefusesKindsItCannotCompare(t *testing.T) {
	if _, err := impose(&corev1.Secret{}, &corev1.Secret{}); err == nil {
		t.Error("a Secret was compared, and so passed over")
	}
}

func TestImmutableDifferences(t *testing.T) {
	otherRole := binding(func(b *rbacv1.RoleBinding) { b.RoleRef.Name = "cluster-admin" })
	if got := immutableDifferences(otherRole, binding(asIs)); len(got) != 1 || got[0] != "roleRef" {
		t.Errorf("a wrong roleRef gives %v", got)
	}
	scoped := quota(func(s *corev1.ResourceQuotaSpec) { s.Scopes = []corev1.ResourceQuotaScope{"BestEffort", "Terminating"} })
	turned := quota(func(s *corev1.ResourceQuotaSpec) { s.Scopes = []corev1.ResourceQuotaScope{"Terminating", "BestEffort"} })
	if got := immutableDifferences(scoped, quota(asIs)); len(got) != 1 {
		t.Errorf("other scopes give %v", got)
	}
	if got := immutableDifferences(scoped, turned); len(got) != 0 {
		t.Errorf("the same scopes in another order give %v", got)
	}
	if got := immutableDifferences(binding(asIs), binding(asIs)); len(got) != 0 {
		t.Errorf("the same binding gives %v", got)
	}
}
