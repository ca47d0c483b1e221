package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// settings are those that the controller has by default.
var settings = desired.Settings{
	UserIDHeader:                "x-goog-authenticated-user-email",
	UserIDPrefix:                "accounts.google.com:",
	GroupsClaim:                 "groups",
	IngressGatewayPrincipal:     "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
	KFPUIPrincipal:              "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
	NotebookControllerPrincipal: "cluster.local/ns/kubeflow/sa/notebook-controller-service-account",
	Mesh:                        true,
}

// defaultLabels are those of the labels file that the deployment brings.
var defaultLabels = map[string]string{"app.kubernetes.io/part-of": "kubeflow-profile"}

// newProfile returns a Profile with a quota, so that it owns all eight objects.
func newProfile(name string) *profilev1.Profile {
	return &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: profilev1.ProfileSpec{
			Owner: rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: fmt.Sprintf("owner-of-%s@example.com", name)},
			ResourceQuotaSpec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("4"),
				corev1.ResourceMemory: resource.MustParse("8Gi"),
				corev1.ResourcePods:   resource.MustParse("50"),
			}},
		},
	}
}

// roomOf returns what a Profile that exists owns, by the same functions that the
// controller uses: the namespace first.
func roomOf(p *profilev1.Profile) []client.Object {
	room := []client.Object{desired.Namespace(p, settings, defaultLabels, nil)}
	for _, account := range desired.ServiceAccounts(p) {
		room = append(room, account)
	}
	for _, binding := range desired.RoleBindings(p) {
		room = append(room, binding)
	}
	return append(room, desired.OwnerPolicy(p, settings), desired.ResourceQuota(p))
}
