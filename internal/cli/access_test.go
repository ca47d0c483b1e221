package cli

import (
	"slices"
	"testing"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

var meshSettings = desired.Settings{UserIDHeader: "kubeflow-userid", UserIDPrefix: "accounts.example.com:", GroupsClaim: "groups", Mesh: true,
	IngressGatewayPrincipal: "cluster.local/ns/istio-system/sa/gateway", KFPUIPrincipal: "cluster.local/ns/kubeflow/sa/ui",
	NotebookControllerPrincipal: "cluster.local/ns/kubeflow/sa/notebooks"}

// meshController is the controller with meshSettings.
func meshController() *appsv1.Deployment {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: "profiles-deployment"}}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "manager",
		Args: []string{"-userid-header=" + meshSettings.UserIDHeader, "-userid-prefix=" + meshSettings.UserIDPrefix, "-groups-claim=" + meshSettings.GroupsClaim},
		Env: []corev1.EnvVar{{Name: "ISTIO_INGRESS_GATEWAY_PRINCIPAL", Value: meshSettings.IngressGatewayPrincipal},
			{Name: "KFP_UI_PRINCIPAL", Value: meshSettings.KFPUIPrincipal}}}}
	return d
}

// withRules is a Profile with its rules, a contributor, and a binding that somebody forged.
func withRules(p *profilev1.Profile) []client.Object {
	objects := []client.Object{p, desired.OwnerPolicy(p, meshSettings)}
	for _, b := range desired.RoleBindings(p) {
		objects = append(objects, b)
	}
	c := contributor.Contributor{Namespace: p.Name, Kind: "Group", Name: "auditors", Role: "view"}
	settings := contributor.Settings{UserIDHeader: "kubeflow-userid", GroupsClaim: "groups",
		IngressGatewayPrincipal: meshSettings.IngressGatewayPrincipal, KFPUIPrincipal: meshSettings.KFPUIPrincipal}
	binding, policy := contributor.RoleBinding(c), contributor.Policy(c, settings)
	binding.Name, policy.Name = "auditors", "auditors"
	forged := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Name, Name: "forged", Annotations: map[string]string{"user": "someone", "role": "view"}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "deployer"},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: "mallory"}, {Kind: "ServiceAccount", Name: "ci"}},
	}
	return append(objects, binding, policy, forged)
}

func TestAccess(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").obj()
	p.Status.Identities = []profilev1.IdentityBinding{
		{Plugin: "AwsIamForServiceAccount", ServiceAccount: "default-editor", Identity: "arn:aws:iam::123456789012:role/ann", Phase: profilev1.IdentityBound},
		{Plugin: "WorkloadIdentity", ServiceAccount: "runner", Identity: "ann@p.iam.gserviceaccount.com", Phase: profilev1.IdentityPending},
	}
	admins := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "admins"},
		RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "cluster-admin"}, Subjects: []rbacv1.Subject{{Kind: "Group", Name: "system:masters"}}}
	nodes := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "nodes"},
		RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "system:node"}, Subjects: []rbacv1.Subject{{Kind: "Group", Name: "system:nodes"}}}
	term := open(t, append(withRules(p), admins, nodes, meshController())...)
	term.prints("access ann", `
PROFILE   WHO                                              BY      MAY                                      RULE                                        NOTE
ann       Group:auditors                                   RBAC    view                                     rolebinding/auditors                        
ann       ServiceAccount:ann/default-editor                RBAC    edit                                     rolebinding/default-editor                  
ann       ServiceAccount:ann/default-viewer                RBAC    view                                     rolebinding/default-viewer                  
ann       mallory                                          RBAC    Role deployer                            rolebinding/forged                          its annotations claim "someone" as "view"
ann       ServiceAccount:ann/ci                            RBAC    Role deployer                            rolebinding/forged                          its annotations claim "someone" as "view"
ann       ann@example.com                                  RBAC    admin                                    rolebinding/namespaceAdmin                  
ann       Group:system:masters                             RBAC    ClusterRole cluster-admin                clusterrolebinding/admins                   in every namespace
ann       Group:auditors                                   mesh    every request through the gateway        authorizationpolicy/auditors                
ann       accounts.example.com:ann@example.com             mesh    every request through the gateway        authorizationpolicy/ns-owner-access-istio   
ann       pods of namespace ann                            mesh    every request                            authorizationpolicy/ns-owner-access-istio   
ann       anybody                                          mesh    /healthz /metrics /wait-for-drain        authorizationpolicy/ns-owner-access-istio   
ann       program cluster.local/ns/kubeflow/sa/notebooks   mesh    GET */api/kernels                        authorizationpolicy/ns-owner-access-istio   
ann       ServiceAccount:ann/default-editor                cloud   use arn:aws:iam::123456789012:role/ann   profile/ann AwsIamForServiceAccount         
ann       ServiceAccount:ann/runner                        cloud   use ann@p.iam.gserviceaccount.com        profile/ann WorkloadIdentity                not yet, or not any more: Pending
`)
}

func TestWhereSomebodyGetsIn(t *testing.T) {
	term := open(t, slices.Concat([]client.Object{meshController()},
		withRules(makeProfile("ann", "ann@example.com").obj()), withRules(makeProfile("ben", "ben@example.com").obj()))...)
	term.prints("access --user ann@example.com", `
PROFILE   WHO                                    BY     MAY                                 RULE                                        NOTE
ann       ann@example.com                        RBAC   admin                               rolebinding/namespaceAdmin                  
ann       accounts.example.com:ann@example.com   mesh   every request through the gateway   authorizationpolicy/ns-owner-access-istio   
`)
	term.prints("access --user nobody@example.com --group auditors -o yaml", `
- by: RBAC
  may: view
  profile: ann
  rule: rolebinding/auditors
  who: Group:auditors
- by: mesh
  may: every request through the gateway
  profile: ann
  rule: authorizationpolicy/auditors
  who: Group:auditors
- by: RBAC
  may: view
  profile: ben
  rule: rolebinding/auditors
  who: Group:auditors
- by: mesh
  may: every request through the gateway
  profile: ben
  rule: authorizationpolicy/auditors
  who: Group:auditors
`)
	term.prints("access --user example.com -o json", "[]\n")
	term.prints("access --user nobody", "")
}

func TestAccessPointsOutWhatIsOdd(t *testing.T) {
	half := makeProfile("half", "h@example.com").obj()
	objects := withRules(half)
	term := open(t, objects[0], objects[4], makeProfile("open", "o@example.com").obj())
	term.prints("access open", `
PROFILE   WHO       BY     MAY             RULE                     NOTE
open      anybody   mesh   every request   no authorizationpolicy   without a policy that allows something the mesh refuses nobody
`)
	term.prints("access half", `
PROFILE   WHO             BY     MAY             RULE                         NOTE
half      h@example.com   RBAC   admin           rolebinding/namespaceAdmin   
half      anybody         mesh   every request   no authorizationpolicy       without a policy that allows something the mesh refuses nobody
`)
	elsewhere := &istiov1beta1.AuthorizationPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "half", Name: "own-pods"},
		Spec: istioapi.AuthorizationPolicy{Rules: []*istioapi.Rule{{From: []*istioapi.Rule_From{{Source: &istioapi.Source{Namespaces: []string{"half"}}}}}}}}
	open(t, objects[0], objects[4], elsewhere).prints("access half", `
PROFILE   WHO                      BY     MAY             RULE                           NOTE
half      h@example.com            RBAC   admin           rolebinding/namespaceAdmin     RBAC only: no mesh policy lets them in
half      pods of namespace half   mesh   every request   authorizationpolicy/own-pods   
`)
	term.fails("access", 2, "give the name of one Profile")
	term.fails("access half --user x", 2, "not both")
	term.fails("access half -o name", 2, "must be wide, json or yaml")
	term.fails("access none", 1, `there is no profile "none"`)
}
