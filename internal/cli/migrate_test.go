package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// existingController is a cluster with the existing Kubeflow controller, its account
// cluster-admin, and these objects.
func existingController(t *testing.T, more ...client.Object) *terminal {
	t.Helper()
	return open(t, existingInstallation(t, more...)...)
}

// existingInstallation is what such a cluster holds.
func existingInstallation(t *testing.T, more ...client.Object) []client.Object {
	t.Helper()
	d := deploymentOfBoth("kubeflow", "ghcr.io/kubeflow/profile-controller:v1", "-zap-devel")
	d.Spec.Replicas = ptr.To[int32](1)
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubeflow", Name: "profiles-config"},
		Data: map[string]string{"USERID_HEADER": "kubeflow-userid", "USERID_PREFIX": ""}}
	wide := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "profiles-cluster-rolebinding"}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "kubeflow", Name: "profiles-controller-service-account"}}}
	return append([]client.Object{d, settings, wide, readDefinition(t, "../../test/e2e/testdata/old_crd.yaml")}, more...)
}

// madeByTheExistingController is a Profile with what it has in its namespace.
func madeByTheExistingController(p *profilev1.Profile) []client.Object {
	settings := desired.Settings{UserIDHeader: "kubeflow-userid", GroupsClaim: "groups", Mesh: true,
		IngressGatewayPrincipal:     "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
		KFPUIPrincipal:              "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
		NotebookControllerPrincipal: "cluster.local/ns/kubeflow/sa/notebook-controller-service-account"}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Annotations: map[string]string{"owner": p.Spec.Owner.Name},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: p.Name, UID: p.UID, Controller: ptr.To(true)}}}}
	objects := []client.Object{p, namespace, desired.OwnerPolicy(p, settings)}
	for _, b := range desired.RoleBindings(p) {
		objects = append(objects, b)
	}
	return objects
}

func pluginWith(kind, spec string) profilev1.Plugin {
	return profilev1.Plugin{Kind: kind, Spec: &runtime.RawExtension{Raw: []byte(spec)}}
}

func TestMigrateTellsWhatWouldChange(t *testing.T) {
	same := madeByTheExistingController(makeProfile("same", "same@example.com").obj())
	same[0].(*profilev1.Profile).Spec.Plugins = []profilev1.Plugin{pluginWith("AwsIamForServiceAccount", `{"awsIamRole": "arn:aws:iam::123456789012:role/a", "AnnotateOnly": true}`)}

	adopted := madeByTheExistingController(makeProfile("adopted", "adopted@example.com").obj())
	adopted[1].SetOwnerReferences(nil)
	adopted[0].(*profilev1.Profile).Spec.Plugins = []profilev1.Plugin{pluginWith("AwsIamForServiceAccount", `{"awsIamRole": "arn:aws:iam::123456789012:role/open"}`)}

	bent := madeByTheExistingController(makeProfile("bent", "bent@example.com").obj())
	bent[3].(*rbacv1.RoleBinding).RoleRef.Name = "edit"
	bent[5].(*rbacv1.RoleBinding).Subjects[0].Name = "former@example.com"
	bent[0].(*profilev1.Profile).Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{"cpu": resource.MustParse("1")}
	bent = append(bent[:2], bent[3:]...)

	broken := madeByTheExistingController(makeProfile("broken", "broken@example.com").obj())
	broken[0].(*profilev1.Profile).Spec.Plugins = []profilev1.Plugin{pluginWith("AwsIamForServiceAccount", `{"awsIamRole": 7}`), pluginWith("WorkloadIdentity", `{}`), pluginWith("Vault", `{}`)}

	all := madeByTheExistingController(makeProfile("all", "*").obj())
	foreign := makeProfile("foreign", "foreign@example.com").obj()
	foreigner := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "foreign", Annotations: map[string]string{"owner": "another"}}}
	var objects []client.Object
	for _, some := range [][]client.Object{same, adopted, bent, broken, all, {foreign, foreigner, makeProfile("kube-public", "eve").obj(), makeProfile("new", "new@example.com").obj(), policyFor("same", "user-everybody-clusterrole-view", "*", "*")}} {
		objects = append(objects, some...)
	}
	withoutAWS(t)
	term := existingController(t, objects...)
	term.fails("migrate", 1, "error: problems found: 6. Mend them first: a move leaves them as they are\n")
	const want = `! CRD: profiles.kubeflow.org gets our schema: it checks new Profiles, and has contributors, reasons of conditions and identities. All Profiles that are stored stay valid. It stays when you go back.
✓ Deployment: profiles-deployment in namespace kubeflow runs ghcr.io/kubeflow/profile-controller:v1. It keeps its settings, volumes and labels.
! Deployment: these arguments are left out, since our programs do not have them: -zap-devel.
! Rights: service account kubeflow/profiles-controller-service-account is cluster-admin by clusterrolebinding/profiles-cluster-rolebinding, which is taken away; it gets the rights that it needs instead.
✓ Profiles: 1 of 8 stay as they are.
! Profile adopted: namespace adopted is adopted: from then on it goes when the Profile goes.
✗ Profile all: will be refused (InvalidOwner): spec.owner.name must not contain '*', which the mesh would read as a pattern. What was made of it stays as it is until then.
! Profile bent: rolebinding/default-editor gave edit and gives kubeflow-edit instead; rolebinding/namespaceAdmin is repaired: it is for bent@example.com and no one else; authorizationpolicy/ns-owner-access-istio is missing and is made; resourcequota/kf-resource-quota is missing and is made.
✗ Profile broken: spec.plugins[0] (AwsIamForServiceAccount) will be refused, where the existing controller passed over it: awsIamRole: must not be a JSON number; spec.plugins[1] (WorkloadIdentity) will be refused, where the existing controller passed over it: gcpServiceAccount: is required; spec.plugins[2] (Vault) will be refused, where the existing controller passed over it: there is no such plugin (UnknownPlugin).
✗ Profile foreign: will be refused (ForeignNamespace): the namespace is not this Profile's, and its annotation owner says "another". To hand it over: kubectl annotate --overwrite namespace foreign owner="foreign@example.com"
✗ Profile kube-public: will be refused (ReservedName): the name is the system's. What was made of it stays; delete the Profile and create one with another name.
! Profile new: namespace new is missing and is made; rolebinding/default-editor is missing and is made; rolebinding/default-viewer is missing and is made; rolebinding/namespaceAdmin is missing and is made; authorizationpolicy/ns-owner-access-istio is missing and is made.
! AWS: the existing controller edited the trust policies of arn:aws:iam::123456789012:role/open, and may have left some of them open to the whole cluster. They were not looked at: no AWS credentials were found. See which: kubectl profile aws audit; --fix closes them.
✓ AWS: entries with annotateOnly, in whatever case it is written: 1. Their roles are not touched.
✗ Owner of all: "*" is a pattern. The controller refuses it, and the policy that the existing controller made from it, if there is one, goes on admitting everybody whom it fits. Correct it: kubectl profile transfer all --owner USER
✗ Mesh policies: authorizationpolicy/user-everybody-clusterrole-view in namespace same admits everybody who fits *. Revoke it: kubectl delete authorizationpolicy,rolebinding -n same user-everybody-clusterrole-view
`
	if diff := cmp.Diff(want, term.out.String()); diff != "" {
		t.Errorf("it prints (-want +got):\n%s", diff)
	}
}

// withoutAWS is the environment of somebody who has no AWS credentials.
func withoutAWS(t *testing.T) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere} {
		t.Setenv(name, value)
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
}

// openMoving opens a terminal at an EKS cluster with the existing controller, and with Profiles that name
// roles of all sorts.
func openMoving(t *testing.T) *awsTerminal {
	t.Helper()
	objects := existingInstallation(t)
	for name, role := range map[string]string{"a": "123456789012:role/closed", "b": "123456789012:role/guide", "c": "123456789012:role/wild",
		"d": "123456789012:role/absent", "e": "999999999999:role/elsewhere", "f": "123456789012:role/broken"} {
		made := madeByTheExistingController(makeProfile(name, name+"@example.com").obj())
		made[0].(*profilev1.Profile).Spec.Plugins = []profilev1.Plugin{pluginWith("AwsIamForServiceAccount", `{"awsIamRole": "arn:aws:iam::`+role+`"}`)}
		objects = append(objects, made...)
	}
	term := openAWS(t, objects...)
	term.aws.AddRole("closed", "/", trusting("system:serviceaccount:a:default-editor"), nil)
	term.aws.AddRole("guide", "/", guideTrust, nil)
	term.aws.AddRole("wild", "/", strings.Replace(trusting("system:serviceaccount:team-*:default-editor"), "StringEquals", "StringLike", 1), nil)
	term.aws.AddRole("broken", "/", `{"Statement": "`+term.aws.ProviderARN("https://"+oidc)+`"}`, nil)
	return term
}

// aboutAWSOf are the lines of a plan that are about AWS.
func aboutAWSOf(out string) string {
	var lines strings.Builder
	for line := range strings.Lines(out) {
		if strings.Contains(line, " AWS: ") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

func TestMigrateLooksAtRoles(t *testing.T) {
	term := openMoving(t)
	want := `! AWS: arn:aws:iam::123456789012:role/absent could not be read: the account 123456789012 has no such role. Correct spec.plugins, or make it: kubectl profile aws create-role --help
! AWS: arn:aws:iam::123456789012:role/broken could not be read: correct the role's trust policy, it cannot be edited as it is: its Statement is neither a statement nor a list of them.
✓ AWS: arn:aws:iam::123456789012:role/closed is closed: it names those who may have it.
! AWS: arn:aws:iam::123456789012:role/guide is open: any service account of the cluster may have it. Our controller closes it when it edits it. To close it before the move: kubectl profile aws audit --fix
! AWS: arn:aws:iam::123456789012:role/wild is closed but for wildcards, which let in whoever has or gets such a name: system:serviceaccount:team-*:default-editor. Our controller leaves wildcards alone; see: kubectl profile aws audit
! AWS: arn:aws:iam::999999999999:role/elsewhere could not be read: it is not in the account 123456789012 of your AWS credentials. Look with credentials of its account: kubectl profile aws audit
`
	if code := term.run("migrate"); code != 0 {
		t.Errorf("exit code %d: %s", code, term.err.String())
	}
	if diff := cmp.Diff(want, aboutAWSOf(term.out.String())); diff != "" {
		t.Errorf("it says of roles (-want +got):\n%s", diff)
	}
	// What the existing controller leaves when the last Profile goes.
	term.aws.AddRole("left", "/", guideTrust, nil)
	term.fails("migrate", 1, "problems found: 1")
	want += "✗ AWS: arn:aws:iam::123456789012:role/left is open: any service account of the cluster may have it, and no Profile is there for which our controller would close it. Close it: kubectl profile aws audit --fix\n"
	if diff := cmp.Diff(want, aboutAWSOf(term.out.String())); diff != "" {
		t.Errorf("it says of roles (-want +got):\n%s", diff)
	}
	if n := term.changes(); n > 0 {
		t.Errorf("it changed %d things in AWS", n)
	}
}

func TestMigrateSaysWhyItDidNotLookAtRoles(t *testing.T) {
	term := openMoving(t)
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "ListRoles" {
			return iamsts.AccessDenied()
		}
		return iamsts.Fault{}
	})
	if code := term.run("migrate"); code != 0 {
		t.Errorf("exit code %d: %s", code, term.err.String())
	}
	if got := aboutAWSOf(term.out.String()); !strings.Contains(got, "They were not looked at: list the roles of the account: ") || strings.Count(got, "\n") != 1 {
		t.Errorf("it says of roles: %s", got)
	}
}

func TestMigratePreviewsTheMove(t *testing.T) {
	term := existingController(t)
	term.prints("migrate --apply --image new:v1 --dry-run=client", `
configmap/profiles-migration of namespace kubeflow created: how things were (dry run)
customresourcedefinition/profiles.kubeflow.org applied (dry run)
clusterrole/profiles-controller-role applied (dry run)
clusterrolebinding/profiles-controller-rolebinding applied (dry run)
role/profiles-leader-election-role applied (dry run)
rolebinding/profiles-leader-election-rolebinding applied (dry run)
role/profiles-identity-seal-role applied (dry run)
rolebinding/profiles-identity-seal-rolebinding applied (dry run)
validatingadmissionpolicy/profiles-prevent-deletion applied (dry run)
validatingadmissionpolicybinding/profiles-prevent-deletion applied (dry run)
clusterrole/profiles-kfam-role applied (dry run)
clusterrolebinding/profiles-kfam-rolebinding applied (dry run)
deployment/profiles-deployment scaled to zero (dry run)
clusterrolebinding/profiles-cluster-rolebinding: cluster-admin taken away (dry run)
deployment/profiles-deployment configured: it runs new:v1 (dry run)
`)
	d := &appsv1.Deployment{}
	key := client.ObjectKey{Namespace: "kubeflow", Name: "profiles-deployment"}
	if err := term.cluster.Get(t.Context(), key, d); err != nil {
		t.Fatal(err)
	}
	if got := d.Spec.Template.Spec.Containers[0].Image; got != "ghcr.io/kubeflow/profile-controller:v1" || *d.Spec.Replicas != 1 {
		t.Errorf("a dry run changed the Deployment: %s, %d replicas", got, *d.Spec.Replicas)
	}
	key.Name = "profiles-migration"
	if err := term.cluster.Get(t.Context(), key, &corev1.ConfigMap{}); !apierrors.IsNotFound(err) {
		t.Errorf("a dry run left a record: %v", err)
	}
}

func TestMigrateMisused(t *testing.T) {
	term := existingController(t)
	for line, says := range map[string]string{
		"migrate --apply":                      "--apply needs --image",
		"migrate --image x":                    "--image goes with --apply",
		"migrate --apply --rollback --image x": "not both",
		"migrate -o xml":                       "it must be wide, json or yaml",
		"migrate --rollback -o json":           "-o is for what would change",
		"migrate ann":                          "unexpected argument",
	} {
		term.fails(line, 2, says)
	}
}

func TestMigrateNeedsOneController(t *testing.T) {
	term := existingController(t, deploymentOfBoth("profiles-system", "x"))
	term.fails("migrate", 1, "a deployment profiles-deployment in each of several namespaces. Say which one: --namespace NAMESPACE")
	if code := term.run("migrate -n kubeflow -o json"); code != 0 || !strings.Contains(term.out.String(), `"check": "Deployment"`) {
		t.Errorf("exit code %d, and it prints %s", code, term.out.String())
	}
	term.fails("migrate -n elsewhere", 1, "there is no deployment profiles-deployment in namespace elsewhere")
	term.fails("migrate -n kubeflow --rollback", 1, "there is no configmap profiles-migration in namespace kubeflow, so it is not known how things were")
}

func TestMigrateWarnsOfAnAccessAPIWithoutASidecar(t *testing.T) {
	term := existingController(t)
	d := &appsv1.Deployment{}
	if err := term.cluster.Get(t.Context(), client.ObjectKey{Namespace: "kubeflow", Name: "profiles-deployment"}, d); err != nil {
		t.Fatal(err)
	}
	d.Spec.Template.Labels = map[string]string{"sidecar.istio.io/inject": "false"}
	if err := term.cluster.Update(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	term.run("migrate")
	want := `! Deployment: its pods have no sidecar (sidecar.istio.io/inject: "false"), and our access API believes the user header only from callers whose mesh identity a sidecar vouches for.`
	if diff := cmp.Diff(want, strings.TrimSuffix(strings.Split(term.out.String(), "\n")[3], " Have a sidecar injected, or see docs/access.md for other ways to tell who calls.")); diff != "" {
		t.Errorf("the fourth line (-want +got):\n%s", diff)
	}
}
