package contributor

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Settings are what an installation decides once for the policies of all contributors.
// They must agree with the controller's, which writes the owners' policies.
type Settings struct {
	// UserIDHeader is the HTTP header in which the gateway puts the user's name.
	UserIDHeader string
	// UserIDPrefix stands in front of the user's name in that header. May be empty.
	UserIDPrefix string
	// GroupsClaim is the JWT claim that lists a user's groups.
	GroupsClaim string
	// IngressGatewayPrincipal is the mesh identity of the ingress gateway.
	IngressGatewayPrincipal string
	// KFPUIPrincipal is the mesh identity of the Kubeflow Pipelines UI.
	KFPUIPrincipal string
}

// RoleBinding returns what gives c its rights at the API server. c must have passed Check.
func RoleBinding(c Contributor) *rbacv1.RoleBinding {
	clusterRole, _ := c.Role.ClusterRole()
	return &rbacv1.RoleBinding{
		ObjectMeta: objectMeta(c),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   []rbacv1.Subject{{Kind: c.Kind, APIGroup: rbacv1.GroupName, Name: c.Name}},
	}
}

// Policy returns what admits c through the mesh. c must have passed Check.
func Policy(c Contributor, settings Settings) *istiov1beta1.AuthorizationPolicy {
	policy := &istiov1beta1.AuthorizationPolicy{ObjectMeta: objectMeta(c)}
	policy.Spec.Action = istioapi.AuthorizationPolicy_ALLOW
	policy.Spec.Rules = []*istioapi.Rule{{
		From: []*istioapi.Rule_From{{Source: &istioapi.Source{
			Principals: []string{settings.IngressGatewayPrincipal, settings.KFPUIPrincipal},
		}}},
		When: []*istioapi.Condition{isContributor(c, settings)},
	}}
	return policy
}

// isContributor recognises a group by a claim of the verified token, as the owner's policy
// does, and a user by the user header.
func isContributor(c Contributor, settings Settings) *istioapi.Condition {
	if c.Kind == rbacv1.GroupKind {
		return &istioapi.Condition{
			Key:    "request.auth.claims[" + settings.GroupsClaim + "]",
			Values: []string{c.Name},
		}
	}
	return &istioapi.Condition{
		Key:    "request.headers[" + settings.UserIDHeader + "]",
		Values: []string{settings.UserIDPrefix + c.Name},
	}
}

func objectMeta(c Contributor) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      ObjectName(c),
		Namespace: c.Namespace,
		Labels:    map[string]string{tenancy.ManagedByLabel: ManagedByAccessAPI},
		Annotations: map[string]string{
			tenancy.UserAnnotation: c.Name,
			tenancy.RoleAnnotation: string(c.Role),
		},
	}
}
