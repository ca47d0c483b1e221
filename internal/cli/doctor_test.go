package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
)

// healthyCluster is a cluster with Istio and with our controller at work, as doctor wants it.
type healthyCluster struct {
	t          *testing.T
	crd        *unstructured.Unstructured
	deployment *appsv1.Deployment
	settings   *corev1.ConfigMap
	lease      *coordinationv1.Lease
	// others are all the other objects, by kind and name.
	others map[string]client.Object
	// may tells what the controller's service account may do.
	may func(authorizationv1.ResourceAttributes) bool
}

func healthy(t *testing.T) *healthyCluster {
	i := &healthyCluster{t: t, crd: readDefinition(t, "../../config/crd/kubeflow.org_profiles.yaml"), others: map[string]client.Object{}}
	i.settings = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: "profiles-config"},
		Data: map[string]string{"USERID_HEADER": "kubeflow-userid", "USERID_PREFIX": ""}}
	i.deployment = deploymentOfBoth("kubeflow", "registry.example.com/profiles:v1", "-leader-elect")
	i.lease = &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: "kubeflow-profile-controller"},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: ptr.To("pod-a"), RenewTime: &metav1.MicroTime{Time: noon.Add(-time.Second)}}}
	i.may = needsOnly
	policies := &unstructured.Unstructured{}
	policies.SetAPIVersion("apiextensions.k8s.io/v1")
	policies.SetKind("CustomResourceDefinition")
	policies.SetName("authorizationpolicies.security.istio.io")
	i.others["policies"] = policies
	for _, name := range []string{"kubeflow-admin", "kubeflow-edit", "kubeflow-view"} {
		i.others[name] = &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}}}}
	}
	for name, namespace := range map[string]string{"istio-ingressgateway-service-account": "istio-system", "ml-pipeline-ui": "kubeflow", "notebook-controller-service-account": "kubeflow"} {
		i.others[name] = &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	}
	guard := metav1.ObjectMeta{Name: "profiles-prevent-deletion"}
	i.others["guard"] = &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: guard}
	i.others["guard's binding"] = &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: guard}
	return i
}

// deploymentOfBoth is a Deployment of controller and access API with two pods that are ready.
func deploymentOfBoth(namespace, image string, arguments ...string) *appsv1.Deployment {
	container := func(name string, arguments ...string) corev1.Container {
		return corev1.Container{Name: name, Image: image, Args: append(arguments, "-userid-header", "$(USERID_HEADER)", "-userid-prefix=$(USERID_PREFIX)"),
			EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "profiles-config"}}}}}
	}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "profiles-deployment"}}
	d.Spec.Replicas = ptr.To[int32](2)
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "profile-controller"}}
	d.Spec.Template.Spec.ServiceAccountName = "profiles-controller-service-account"
	d.Spec.Template.Spec.Containers = []corev1.Container{container("manager", arguments...), container("kfam")}
	d.Status = appsv1.DeploymentStatus{Replicas: 2, ReadyReplicas: 2, UpdatedReplicas: 2}
	return d
}

func readDefinition(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	crd := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, crd); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedSlice(crd.Object, []any{map[string]any{"type": "Established", "status": "True"}}, "status", "conditions"); err != nil {
		t.Fatal(err)
	}
	return crd
}

// needsOnly allows what no rule of tooMuch in package doctor is about.
func needsOnly(r authorizationv1.ResourceAttributes) bool {
	switch {
	case r.Verb == "*", r.Verb == "escalate", r.Verb == "impersonate", r.Verb == "bind" && r.Name == "", r.Verb == "delete" && r.Resource == "namespaces":
		return false
	default:
		return r.Resource != "secrets" || r.Namespace != ""
	}
}

// open opens a terminal at this cluster.
func (i *healthyCluster) open(more ...client.Object) *terminal {
	i.t.Helper()
	objects := append([]client.Object{i.crd, i.settings, i.deployment, i.lease}, more...)
	for _, o := range i.others {
		objects = append(objects, o)
	}
	term := open(i.t, objects...)
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
			review, asked := o.(*authorizationv1.SubjectAccessReview)
			if !asked {
				return c.Create(ctx, o, options...)
			}
			isOurs := review.Spec.User == "system:serviceaccount:kubeflow:profiles-controller-service-account"
			review.Status.Allowed = isOurs && i.may(*review.Spec.ResourceAttributes)
			return nil
		}})
	return term
}

const allIsWell = `✓ CRD: profiles.kubeflow.org is served as v1 (stored) and v1beta1, with status.
✓ Controller: 2 of 2 pods of deployment/profiles-deployment in namespace kubeflow are ready (image registry.example.com/profiles:v1).
✓ Leader: pod-a holds lease/kubeflow-profile-controller in namespace kubeflow.
✓ Rights: service account kubeflow/profiles-controller-service-account may do what it needs to.
✓ User header: the controller and the access API both expect kubeflow-userid with the prefix "".
✓ Mesh: the cluster serves Istio's AuthorizationPolicy.
✓ ClusterRoles: kubeflow-admin, kubeflow-edit and kubeflow-view are there and have rules.
✓ Deletion guard: Profiles with the annotation kubeflow.org/prevent-deletion cannot be deleted.
✓ Profiles: 1 of 1 are ready.
✓ Mesh policies: none in the namespaces of Profiles admits more than it seems to.
`

func TestDoctorWhenAllIsWell(t *testing.T) {
	term := healthy(t).open(makeProfile("ann", "ann@example.com").ready().obj())
	term.prints("doctor", allIsWell)
	term.prints("doctor --namespace kubeflow", allIsWell)
	term.fails("doctor ann", 2, "unexpected argument")
	term.prints("doctor -o wide", allIsWell)
	term.fails("doctor -o xml", 2, "it must be wide, json or yaml")
}

// TestHelpSaysWhatTheNamespaceIsFor looks at verbs that work on the controller and not in a namespace.
func TestHelpSaysWhatTheNamespaceIsFor(t *testing.T) {
	for _, verb := range []string{"doctor", "migrate", "aws setup"} {
		term := open(t)
		term.run(verb + " --help")
		if want := "Where the controller runs. By default it is looked for in profiles-system and kubeflow."; strings.Count(term.out.String(), "--namespace ") != 1 || !strings.Contains(term.out.String(), want) {
			t.Errorf("the help of %s is\n%s", verb, term.out.String())
		}
	}
}

func TestDoctorForPrograms(t *testing.T) {
	term := healthy(t).open()
	if code := term.run("doctor -o json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, term.err.String())
	}
	var findings []doctor.Finding
	if err := json.Unmarshal(term.out.Bytes(), &findings); err != nil {
		t.Fatal(err)
	}
	if want := (doctor.Finding{Check: "Profiles", Status: "fine", Message: "there are none yet."}); findings[8] != want {
		t.Errorf("the ninth finding is %+v, want %+v", findings[8], want)
	}
	term.run("doctor -o yaml")
	if want := "- check: CRD\n  message: profiles.kubeflow.org is served"; !strings.HasPrefix(term.out.String(), want) {
		t.Errorf("the YAML begins with %.80q, want %q", term.out.String(), want)
	}
}

func TestDoctorColoursTheMarksForPeopleOnly(t *testing.T) {
	term := healthy(t).open()
	term.Terminal = true
	term.run("doctor")
	if want := "\x1b[32m✓\x1b[0m CRD: "; !strings.HasPrefix(term.out.String(), want) {
		t.Errorf("it begins with %.40q, want %q", term.out.String(), want)
	}
}

// TestDoctorFindsWhatIsWrong breaks the cluster in one way at a time and looks at the lines
// that are no longer fine.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	ready := func() *profilev1.Profile { return makeProfile("ann", "ann@example.com").ready().obj() }
	for name, c := range map[string]struct {
		harm  func(*healthyCluster)
		more  []client.Object
		finds string
	}{
		"no CRD": {harm: func(i *healthyCluster) { i.crd.SetName("others.example.com") },
			finds: `✗ CRD: the cluster does not know Profiles: there is no definition profiles.kubeflow.org. Apply it: make install, or kubectl profile migrate --apply on a cluster with the existing Kubeflow controller.`},
		"the old CRD": {harm: func(i *healthyCluster) {
			i.crd.Object["spec"] = readDefinition(t, "../../test/e2e/testdata/old_crd.yaml").Object["spec"]
		}, finds: `✗ CRD: profiles.kubeflow.org is of another or an older controller: reasons of conditions and contributors would be thrown away. Apply it: make install, or kubectl profile migrate --apply on a cluster with the existing Kubeflow controller.`},
		"no controller": {harm: func(i *healthyCluster) { i.deployment.Name = "another" },
			finds: `✗ Controller: there is no deployment profiles-deployment in namespace profiles-system or kubeflow. Install it: make deploy IMG=IMAGE. If it runs elsewhere, say where: --namespace NAMESPACE.`},
		"scaled to zero": {harm: func(i *healthyCluster) { i.deployment.Spec.Replicas = ptr.To[int32](0) },
			finds: `✗ Controller: deployment/profiles-deployment in namespace kubeflow is scaled to zero. Scale it up: kubectl scale --replicas=2 -n kubeflow deployment/profiles-deployment`},
		"no pod is ready": {harm: func(i *healthyCluster) { i.deployment.Status.ReadyReplicas = 0 },
			finds: `✗ Controller: no pod of deployment/profiles-deployment in namespace kubeflow is ready (image registry.example.com/profiles:v1). See why: kubectl describe pods -n kubeflow -l app=profile-controller`},
		"half ready": {harm: func(i *healthyCluster) { i.deployment.Status.ReadyReplicas = 1 },
			finds: `! Controller: 1 of 2 pods of deployment/profiles-deployment in namespace kubeflow are ready, 2 of them up to date (image registry.example.com/profiles:v1). See why: kubectl describe pods -n kubeflow -l app=profile-controller`},
		"replicas without an election": {harm: func(i *healthyCluster) {
			i.deployment.Spec.Template.Spec.Containers[0].Args = i.deployment.Spec.Template.Spec.Containers[0].Args[1:]
		},
			finds: `✗ Controller: deployment/profiles-deployment in namespace kubeflow has 2 replicas and no leader election, so that all of them work at the same time. Add the argument -leader-elect.
! Leader: the controller runs without leader election: never let a second one run. Add the argument -leader-elect, so that the others can wait.`},
		"nobody leads": {harm: func(i *healthyCluster) { i.lease.Spec.HolderIdentity = nil },
			finds: `✗ Leader: nobody holds lease/kubeflow-profile-controller in namespace kubeflow, so no controller works. See what it says: kubectl logs -n kubeflow deployment/profiles-deployment -c manager`},
		"the leader is gone": {harm: func(i *healthyCluster) { i.lease.Spec.RenewTime.Time = noon.Add(-61 * time.Second) },
			finds: `✗ Leader: pod-a holds lease/kubeflow-profile-controller in namespace kubeflow and does not renew it, so no controller works. See what it says: kubectl logs -n kubeflow deployment/profiles-deployment -c manager`},
		"no rights": {harm: func(i *healthyCluster) {
			i.may = func(r authorizationv1.ResourceAttributes) bool {
				return needsOnly(r) && r.Subresource != "status" && r.Resource != "leases"
			}
		}, finds: `✗ Rights: service account kubeflow/profiles-controller-service-account may not create leases.coordination.k8s.io in kubeflow, get leases.coordination.k8s.io kubeflow-profile-controller in kubeflow, update leases.coordination.k8s.io kubeflow-profile-controller in kubeflow, patch profiles/status.kubeflow.org. Apply config/rbac, and config/kfam where the access API runs.`},
		"cluster-admin": {harm: func(i *healthyCluster) { i.may = func(authorizationv1.ResourceAttributes) bool { return true } },
			finds: `✗ Rights: service account kubeflow/profiles-controller-service-account may do everything, as cluster-admin, which it never needs. Take it away: kubectl profile migrate --apply does, where the existing Kubeflow controller left it; otherwise find the binding with kubectl get clusterrolebindings -o wide.`},
		"a few rights too many": {harm: func(i *healthyCluster) {
			i.may = func(r authorizationv1.ResourceAttributes) bool {
				return needsOnly(r) || r.Verb == "escalate" || r.Verb == "bind"
			}
		}, finds: `✗ Rights: service account kubeflow/profiles-controller-service-account may give itself any right (escalate), bind any ClusterRole, which it never needs. Take it away: kubectl profile migrate --apply does, where the existing Kubeflow controller left it; otherwise find the binding with kubectl get clusterrolebindings -o wide.`},
		"headers differ": {harm: func(i *healthyCluster) {
			i.deployment.Spec.Template.Spec.Containers[1].Args = []string{"--userid-header=x-user", "-userid-prefix", ""}
		}, finds: `✗ User header: -userid-header differs: the controller has kubeflow-userid, the access API x-user, so that owners and contributors are recognized differently. Give both containers the same arguments.`},
		"another header in the mesh": {harm: func(i *healthyCluster) {
			i.others["mesh"] = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "istio-system", Name: "istio"},
				Data: map[string]string{"mesh": "extensionProviders: [{name: oauth2-proxy, envoyExtAuthzHttp: {headersToUpstreamOnAllow: [authorization, X-Auth-Request-Email]}}]"}}
			i.others["tokens"] = &istiov1beta1.RequestAuthentication{ObjectMeta: metav1.ObjectMeta{Namespace: "istio-system", Name: "dex"},
				Spec: istioapi.RequestAuthentication{JwtRules: []*istioapi.JWTRule{{OutputClaimToHeaders: []*istioapi.ClaimToHeader{{Header: "x-user"}}}}}}
		}, finds: `! User header: the mesh hands over x-auth-request-email, x-user, as far as can be seen, and not kubeflow-userid, which the controller expects. If users are told that they may not enter, set USERID_HEADER to the header that names them.`},
		"the header from anybody": {harm: func(i *healthyCluster) {
			kfam := &i.deployment.Spec.Template.Spec.Containers[1]
			kfam.Args = append(kfam.Args, "-trust-user-header")
		}, more: []client.Object{controllerPod("alone")},
			finds: `! Access API: it believes the user header from anybody (-trust-user-header). Let nobody but the gateway reach it, or have a mesh vouch for callers and leave the argument out.`},
		"no sidecar": {harm: func(*healthyCluster) {}, more: []client.Object{controllerPod("pod-a", "istio-proxy"), controllerPod("pod-b")},
			finds: `✗ Access API: pod pod-b has no sidecar (istio-proxy), and without one it knows nobody who calls. Have Istio inject one (label the pods sidecar.istio.io/inject: "true"), or see docs/access.md for other ways to tell who is calling.`},
		"no sidecar, but tokens": {harm: func(i *healthyCluster) {
			kfam := &i.deployment.Spec.Template.Spec.Containers[1]
			kfam.Args = append(kfam.Args, "-oidc-issuer=https://dex.example.com")
		}, more: []client.Object{controllerPod("pod-b")}},
		"no mesh": {harm: func(i *healthyCluster) { delete(i.others, "policies") },
			finds: `✗ Mesh: the cluster does not serve Istio's AuthorizationPolicy, so nobody is let in through it. Install Istio; or go without a mesh, as docs/install.md shows (-mesh=none for the controller and the access API).`},
		"another gateway": {harm: func(i *healthyCluster) { delete(i.others, "istio-ingressgateway-service-account") },
			finds: `✗ Mesh: there is no service account for the ingress gateway, cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account, which the policies admit, so nobody gets in. If it runs under another account, set ISTIO_INGRESS_GATEWAY_PRINCIPAL. The access API and its own policy name it, too: docs/access.md shows all three.`},
		"another notebook controller": {harm: func(i *healthyCluster) {
			i.settings.Data["NOTEBOOK_CONTROLLER_PRINCIPAL"] = "cluster.local/ns/ml/sa/notebooks"
		},
			finds: `! Mesh: there is no service account for the notebook controller, cluster.local/ns/ml/sa/notebooks, which the policies admit. If it runs under another account, set NOTEBOOK_CONTROLLER_PRINCIPAL.`},
		"roles": {harm: func(i *healthyCluster) {
			delete(i.others, "kubeflow-view")
			i.others["kubeflow-edit"].(*rbacv1.ClusterRole).Rules = nil
		}, finds: `✗ ClusterRoles: there is no kubeflow-view, so nobody who is bound to it may do anything. Install Kubeflow's, or ours: the component config/kubeflow-roles.
✗ ClusterRoles: kubeflow-edit has no rules: nothing is aggregated into it. Give ClusterRoles the labels that their aggregationRule asks for.`},
		"no guard": {harm: func(i *healthyCluster) { delete(i.others, "guard's binding") },
			finds: `! Deletion guard: the policy profiles-prevent-deletion is missing, so the annotation kubeflow.org/prevent-deletion protects nothing. Apply config/admission, which needs Kubernetes 1.30 or later.`},
		"no webhook": {harm: func(*healthyCluster) {}, more: []client.Object{makeProfile("lab", "lab@example.com").plugin("AwsIamForServiceAccount").plugin("AzureWorkloadIdentity").ready().obj()},
			finds: `! Cloud identity: the EKS pod identity webhook (pod-identity-webhook) was not found, so pods of lab may not see the identity of their service account. EKS brings it; elsewhere install amazon-eks-pod-identity-webhook.
! Cloud identity: the Azure workload identity webhook (azure-wi-webhook-mutating-webhook-configuration) was not found, so pods of lab may not see the identity of their service account. On AKS: az aks update --enable-workload-identity.`},
	} {
		// In a bubble, so that nothing is really waited for.
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := healthy(t)
				c.harm(i)
				term := i.open(append(c.more, ready())...)
				code := term.run("doctor")
				if diff := cmp.Diff(c.finds, notFine(term.out.String())); diff != "" {
					t.Errorf("what is not fine (-want +got):\n%s", diff)
				}
				if failed := strings.Contains(c.finds, "✗"); failed != (code == 1) {
					t.Errorf("exit code %d", code)
				}
			})
		})
	}
}

// controllerPod is a pod of the controller with these containers besides.
func controllerPod(name string, containers ...string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: name, Labels: map[string]string{"app": "profile-controller"}}}
	for _, container := range append(containers, "manager", "kfam") {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: container})
	}
	return pod
}

// notFine are the lines of doctor that say that something is wrong.
func notFine(out string) string {
	var lines []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "✓") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

func TestDoctorGroupsProfilesByReason(t *testing.T) {
	foreign := func(name string) client.Object {
		return makeProfile(name, "x").condition(profilev1.ConditionReady, metav1.ConditionFalse, "NamespaceNotReady", "").
			condition(profilev1.ConditionAccessReady, metav1.ConditionFalse, "NamespaceNotReady", "").
			condition(profilev1.ConditionNamespaceReady, metav1.ConditionFalse, "ForeignNamespace", "").obj()
	}
	full := makeProfile("full", "x").condition(profilev1.ConditionReady, metav1.ConditionFalse, "NotAll", "").
		condition(profilev1.ConditionQuotaReady, metav1.ConditionTrue, "Applied", "").
		condition(profilev1.ConditionIdentityReady, metav1.ConditionFalse, "TrustPolicyLimitExceeded", "").obj()
	changed, leaving := makeProfile("changed", "x").ready().obj(), makeProfile("leaving", "x").ready().obj()
	changed.Generation = 2
	leaving.Finalizers, leaving.DeletionTimestamp = []string{"profile-finalizer"}, &metav1.Time{Time: noon}
	term := healthy(t).open(makeProfile("ann", "ann").ready().obj(), full, foreign("f1"), foreign("f2"), foreign("f3"), foreign("f4"), foreign("f5"), foreign("f6"), foreign("f7"),
		makeProfile("new", "new").obj(), changed, leaving)
	term.fails("doctor", 1, "problems found: 5")
	want := `✗ Profiles: 7 not ready because of ForeignNamespace: f1, f2, f3, f4, f5 and 2 more. See: kubectl profile describe f1; and docs/troubleshooting.md.
✗ Profiles: 1 not ready because of no report by any controller on the latest change (OutOfDate): changed. See: kubectl profile describe changed; and docs/troubleshooting.md.
✗ Profiles: 1 not ready because of TrustPolicyLimitExceeded: full. See: kubectl profile describe full; and docs/troubleshooting.md.
✗ Profiles: 1 not ready because of its deletion: leaving. See: kubectl profile describe leaving; and docs/troubleshooting.md.
✗ Profiles: 1 not ready because of no report by any controller (NotReported): new. See: kubectl profile describe new; and docs/troubleshooting.md.`
	if diff := cmp.Diff(want, notFine(term.out.String())); diff != "" {
		t.Errorf("what is not fine (-want +got):\n%s", diff)
	}
}

// policyFor is a policy as the existing access API makes it for a user.
func policyFor(namespace, name, user, value string) *istiov1beta1.AuthorizationPolicy {
	return &istiov1beta1.AuthorizationPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{"user": user, "role": "admin"}},
		Spec:       istioapi.AuthorizationPolicy{Rules: []*istioapi.Rule{{When: []*istioapi.Condition{{Key: "request.headers[kubeflow-userid]", Values: []string{value}}}}}}}
}

func TestDoctorPointsOutWhatTheExistingControllerLeftOpen(t *testing.T) {
	dry := policyFor("ann", "ns-owner-access-istio", "ann@example.com", "ann@example.com")
	dry.Annotations["istio.io/dry-run"] = "true"
	unmarked := policyFor("ann", "by-hand", "", "*")
	term := healthy(t).open(makeProfile("ann", "ann@example.com").ready().obj(), makeProfile("all", "*@example.com").ready().obj(), dry, unmarked,
		policyFor("all", "ns-owner-access-istio", "*@example.com", "*@example.com"),
		policyFor("ann", "user-everybody-clusterrole-view", "*", "*"), policyFor("elsewhere", "user-everybody-clusterrole-view", "*", "*"),
		policyFor("ann", "user-star-clusterrole-view", "a*b", "a*b"))
	term.fails("doctor", 1, "problems found: 3")
	want := `✗ Owner of all: "*@example.com" is a pattern. The controller refuses it, and the policy that the existing controller made from it, if there is one, goes on admitting everybody whom it fits. Correct it: kubectl profile transfer all --owner USER
✗ Mesh policies: authorizationpolicy/ns-owner-access-istio in namespace ann is annotated istio.io/dry-run: the mesh logs what it would decide, and does not go by it. Put it in force: kubectl annotate authorizationpolicy -n ann ns-owner-access-istio istio.io/dry-run-
✗ Mesh policies: authorizationpolicy/user-everybody-clusterrole-view in namespace ann admits everybody who fits *. Revoke it: kubectl delete authorizationpolicy,rolebinding -n ann user-everybody-clusterrole-view`
	if diff := cmp.Diff(want, notFine(term.out.String())); diff != "" {
		t.Errorf("what is not fine (-want +got):\n%s", diff)
	}
}

func TestDoctorFindsTwoControllers(t *testing.T) {
	i := healthy(t)
	second := deploymentOfBoth("profiles-system", "registry.example.com/profiles:v1", "-leader-elect")
	term := i.open(second)
	// The first one is looked at closer, and has neither settings nor a lease.
	term.run("doctor")
	want := "✗ Controller: two controllers work on the same Profiles, in namespaces profiles-system and kubeflow. Keep one: kubectl scale --replicas=0 -n NAMESPACE deployment/profiles-deployment\n"
	if !strings.Contains(term.out.String(), want) {
		t.Errorf("it prints %s, want the line %s", term.out.String(), want)
	}
}

// TestDoctorDoesNotGoByTheAdminsClock has a leader renew its lease by another clock.
func TestDoctorDoesNotGoByTheAdminsClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"behind": -time.Hour, "ahead": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			i := healthy(t)
			i.lease.Spec.RenewTime.Time = noon.Add(ahead)
			term := i.open(makeProfile("ann", "ann@example.com").ready().obj())
			reads := 0
			term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
				Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
					err := c.Get(ctx, key, o, options...)
					if lease, is := o.(*coordinationv1.Lease); is && err == nil {
						// Renewed every two seconds, and read every second.
						lease.Spec.RenewTime.Time = lease.Spec.RenewTime.Add(time.Duration(reads/2) * 2 * time.Second)
						reads++
					}
					return err
				}})
			term.prints("doctor", allIsWell)
			if reads != 3 {
				t.Errorf("%s: the lease was read %d times, want 3", name, reads)
			}
		})
	}
}

// TestDoctorLooksAtTheControllerThatWorks has another one idle in the namespace that is looked at first.
func TestDoctorLooksAtTheControllerThatWorks(t *testing.T) {
	i := healthy(t)
	idle := deploymentOfBoth("profiles-system", "registry.example.com/profiles:v0")
	idle.Spec.Replicas = ptr.To[int32](0)
	term := i.open(idle, makeProfile("ann", "ann@example.com").ready().obj())
	term.prints("doctor", strings.Replace(allIsWell, "✓ Controller: ", "✓ Controller: deployment/profiles-deployment in namespace profiles-system is scaled to zero, while the one in kubeflow works.\n✓ Controller: ", 1))
}

func TestDoctorWantsOneOfSeveralIdleControllers(t *testing.T) {
	i := healthy(t)
	idle := deploymentOfBoth("profiles-system", "registry.example.com/profiles:v0")
	idle.Spec.Replicas, i.deployment.Spec.Replicas = ptr.To[int32](0), ptr.To[int32](0)
	term := i.open(idle)
	term.run("doctor")
	want := "✗ Controller: deployment/profiles-deployment is scaled to zero in each of the namespaces profiles-system and kubeflow. Scale one of them up, and no more than one: kubectl scale --replicas=2 -n NAMESPACE deployment/profiles-deployment\n"
	if !strings.Contains(term.out.String(), want) || strings.Count(term.out.String(), "Controller: ") != 1 {
		t.Errorf("it prints %s, want the line %s", term.out.String(), want)
	}
	// Whoever names one asks about that one.
	term.run("doctor --namespace kubeflow")
	if want := "✗ Controller: deployment/profiles-deployment in namespace kubeflow is scaled to zero. Scale it up: "; !strings.Contains(term.out.String(), want) {
		t.Errorf("it prints %s, want %s", term.out.String(), want)
	}
}

// refusing has reads of Profiles and of ClusterRoles fail.
func refusing(term *terminal, err error) {
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if _, profiles := list.(*profilev1.ProfileList); profiles {
				return err
			}
			return c.List(ctx, list, options...)
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if _, role := o.(*rbacv1.ClusterRole); role {
				return err
			}
			return c.Get(ctx, key, o, options...)
		}})
}

func TestDoctorGoesOnWhereItMayNotLook(t *testing.T) {
	term := healthy(t).open()
	refusing(term, apierrors.NewForbidden(schema.GroupResource{Resource: "somethings"}, "", errors.New("no right")))
	term.fails("doctor", 1, "problems found: 5")
	for _, check := range []string{"ClusterRoles", "Profiles", "Deletion guard", "Cloud identity", "Mesh policies"} {
		if want := "✗ " + check + ": could not be looked at: "; !strings.Contains(notFine(term.out.String()), want) {
			t.Errorf("nothing begins with %q in %s", want, notFine(term.out.String()))
		}
	}
	if !strings.HasSuffix(notFine(term.out.String()), "is forbidden: no right. Have an admin of the cluster run this.") {
		t.Errorf("it prints %s", term.out.String())
	}
}

func TestDoctorGivesUpWhenNobodyAnswers(t *testing.T) {
	term := healthy(t).open()
	refusing(term, errors.New("connection refused"))
	term.fails("doctor", 1, "error: connection refused")
	if term.out.Len() > 0 {
		t.Errorf("it prints %s", term.out.String())
	}
}
