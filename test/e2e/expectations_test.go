package e2e

import (
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// roomRules are the four rules of a room's policy, with who the owner is as a condition.
func roomRules(namespace, key, value string) []*istioapi.Rule {
	from := func(principals ...string) []*istioapi.Rule_From {
		return []*istioapi.Rule_From{{Source: &istioapi.Source{Principals: principals}}}
	}
	return []*istioapi.Rule{
		{
			From: from("cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account", "cluster.local/ns/kubeflow/sa/ml-pipeline-ui"),
			When: []*istioapi.Condition{{Key: key, Values: []string{value}}},
		},
		{When: []*istioapi.Condition{{Key: "source.namespace", Values: []string{namespace}}}},
		{To: []*istioapi.Rule_To{{Operation: &istioapi.Operation{Paths: []string{"/healthz", "/metrics", "/wait-for-drain"}}}}},
		{
			From: from("cluster.local/ns/kubeflow/sa/notebook-controller-service-account"),
			To:   []*istioapi.Rule_To{{Operation: &istioapi.Operation{Methods: []string{"GET"}, Paths: []string{"*/api/kernels"}}}},
		},
	}
}

func mustHaveRules(t *testing.T, policy *istiov1beta1.AuthorizationPolicy, rules []*istioapi.Rule) {
	t.Helper()
	want := &istioapi.AuthorizationPolicy{Action: istioapi.AuthorizationPolicy_ALLOW, Rules: rules}
	if !proto.Equal(&policy.Spec, want) {
		t.Errorf("the policy is %v, want %v", &policy.Spec, want)
	}
}

func mustEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

// mustBelongTo fails the test unless the object has the Profile as its one owner, by
// which the garbage collector removes it.
func mustBelongTo(t *testing.T, p *profilev1.Profile, o client.Object) {
	t.Helper()
	mustEqual(t, "owner references of "+o.GetName(), o.GetOwnerReferences(), []metav1.OwnerReference{{
		APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: p.Name, UID: p.UID,
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}})
}

// mustBeOurs is mustBelongTo for objects inside the namespace, which have our label.
func mustBeOurs(t *testing.T, p *profilev1.Profile, o client.Object) {
	t.Helper()
	mustEqual(t, "labels of "+o.GetName(), o.GetLabels(), map[string]string{"app.kubernetes.io/managed-by": "profile-controller"})
	mustBelongTo(t, p, o)
}

// mustHold fails the test unless the namespace holds objects of these names, and no
// others of the kind.
func mustHold(f *fixture, t *testing.T, list client.ObjectList, namespace string, names ...string) {
	t.Helper()
	f.eventually("the objects can be listed", func() error { return pg.Client.List(f.ctx, list, client.InNamespace(namespace)) })
	found := map[string]bool{}
	items, err := itemsOf(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range items {
		found[o.GetName()] = true
	}
	slices.Sort(names)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, names) {
		t.Errorf("%T in %s: %v, want %v", list, namespace, got, names)
	}
}
