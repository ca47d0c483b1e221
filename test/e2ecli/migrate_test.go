package e2ecli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// The names that the existing controller's manifests give to the binding that makes it
// cluster-admin, and to the role of its leader election, which ours has, too.
const (
	wideBinding = "profiles-cluster-rolebinding"
	leaderRole  = "profiles-leader-election-role"
)

var systemKey = client.ObjectKey{Namespace: playground.SystemNamespace, Name: deploymentName}

// asTheExistingControllerLeft makes the cluster one with the existing controller: its
// Deployment, its rights and its CRD, none of ours.
func asTheExistingControllerLeft(t *testing.T) *appsv1.Deployment {
	t.Helper()
	ctx := t.Context()
	objects, err := playground.Render(playground.Overlay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { asOurs(t) })
	for _, o := range objects {
		switch o.GetKind() {
		case "Deployment", "Role", "RoleBinding", "ClusterRoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding":
			remove(t, o)
		}
	}
	existing, err := playground.Read(filepath.Join("testdata", "existing_controller.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := pg.Apply(ctx, existing...); err != nil {
		t.Fatal(err)
	}
	useCRD(t, filepath.Join("..", "e2e", "testdata", "old_crd.yaml"))
	return systemDeployment(t)
}

// asOurs brings back what the other tests of this package start with.
func asOurs(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	existing, err := playground.Read(filepath.Join("testdata", "existing_controller.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range existing {
		remove(t, o)
	}
	remove(t, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "profiles-kfam-rolebinding"}})
	if err := pg.Install(ctx); err != nil {
		t.Error(err)
	}
}

// useCRD gives the CRD the versions in a file.
func useCRD(t *testing.T, path string) {
	t.Helper()
	definitions, err := playground.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	crd := definitions[0]
	present := &unstructured.Unstructured{}
	present.SetGroupVersionKind(crd.GroupVersionKind())
	if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(crd), present); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedField(present.Object, crd.Object["spec"].(map[string]any)["versions"], "spec", "versions"); err != nil {
		t.Fatal(err)
	}
	if err := pg.Client.Update(t.Context(), present); err != nil {
		t.Fatal(err)
	}
	// The old schema takes an owner of any kind.
	eventually(t, "the old CRD is in force", func() error {
		p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: profilev1.ProfileSpec{Owner: rbacv1.Subject{Kind: "nobody", Name: "x"}}}
		return pg.Client.Create(t.Context(), p, client.DryRunAll)
	})
}

// eventually looks until something is so.
func eventually(t *testing.T, what string, look func() error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		last = look()
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, last)
	}
}

func systemDeployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	if err := pg.Client.Get(t.Context(), systemKey, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// storeProfile stores a Profile with its namespace as the existing controller leaves them: one
// that it made belongs to the Profile, one that it adopted does not.
func storeProfile(t *testing.T, name, owner string, adopted bool) {
	t.Helper()
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: profilev1.ProfileSpec{Owner: rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: "User", Name: owner}}}
	create(t, p)
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"owner": owner}}}
	if !adopted {
		n.OwnerReferences = []metav1.OwnerReference{{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: name, UID: p.UID, Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}
	}
	create(t, n)
}

func isClusterAdmin(t *testing.T) bool {
	t.Helper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               "system:serviceaccount:" + playground.SystemNamespace + ":" + playground.ControllerAccount,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "*", Group: "*", Resource: "*"}}}
	if err := pg.Client.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it prints\n%s\nand not %q", text, part)
		}
	}
}

const (
	newImage = "registry.example.com/profile-controller:v1"
	oldImage = "ghcr.io/kubeflow/profile-controller:v1.9"
)

func TestMigrateThereAndBack(t *testing.T) {
	before := asTheExistingControllerLeft(t)
	storeProfile(t, "moving", "moving@example.com", true)
	storeProfile(t, "open-to-all", "*", false)
	s := open(t)
	in := []string{"--namespace", playground.SystemNamespace}
	apply := append([]string{"migrate", "--apply", "--image", newImage, "--timeout", "60s"}, in...)

	plan := s.fails(1, append([]string{"migrate"}, in...)...)
	contains(t, plan, "! CRD: profiles.kubeflow.org gets our schema", "runs "+oldImage, "is cluster-admin by clusterrolebinding/"+wideBinding,
		"! Profile moving: namespace moving is adopted", "✗ Profile open-to-all: will be refused (InvalidOwner)")
	s.does(append(apply, "--dry-run=server")...)
	mustBeAsBefore(t, before)

	contains(t, s.fails(2, append([]string{"migrate", "--apply"}, in...)...), "--apply needs --image")

	// A move that breaks off, since nobody runs the pods, is finished by running it again.
	contains(t, s.fails(1, append(apply, "--timeout", "1s")...), "no controller began to work within 1s")
	if d := systemDeployment(t); d.Spec.Template.Spec.Containers[0].Image != newImage || *d.Spec.Replicas != 1 {
		t.Errorf("the Deployment runs %s with %d replicas", d.Spec.Template.Spec.Containers[0].Image, *d.Spec.Replicas)
	}
	controller := startController(t, playground.ControllerOptions{})
	contains(t, s.fails(1, apply...), "deployment/profiles-deployment unchanged", "lease/kubeflow-profile-controller held by ", "refused, as said before: open-to-all")
	contains(t, s.fails(1, append([]string{"doctor"}, in...)...), `✗ Owner of open-to-all: "*" is a pattern.`, "because of InvalidOwner: open-to-all.")

	s.does("transfer", "open-to-all", "--owner", "olga@example.com")
	contains(t, s.does(apply...), "ready\n")
	if isClusterAdmin(t) {
		t.Error("the controller is still cluster-admin")
	}
	mustOwnItsNamespace(t, "moving")
	contains(t, s.does(append([]string{"migrate"}, in...)...), "✓ Record: ", "✓ CRD: profiles.kubeflow.org is ours already.")

	if err := controller.Stop(); err != nil {
		t.Fatal(err)
	}
	contains(t, s.does(append([]string{"migrate", "--rollback", "--dry-run=client"}, in...)...), "deployment/profiles-deployment restored (dry run)")
	contains(t, s.does(append([]string{"migrate", "--rollback"}, in...)...), "deployment/profiles-deployment restored", "clusterrolebinding/"+wideBinding+" restored",
		"clusterrole/profiles-controller-role restored", "role/profiles-identity-seal-role deleted")
	mustBeAsBefore(t, before)
	s.fails(1, append([]string{"migrate", "--rollback"}, in...)...)
}

// mustBeAsBefore looks at what a move changes and a way back brings back.
func mustBeAsBefore(t *testing.T, before *appsv1.Deployment) {
	t.Helper()
	d := systemDeployment(t)
	if diff := cmp.Diff(before.Spec, d.Spec); diff != "" {
		t.Errorf("the Deployment is not as it was (-was +is):\n%s", diff)
	}
	if !isClusterAdmin(t) {
		t.Error("the controller is not cluster-admin as it was")
	}
	role := &rbacv1.Role{}
	if err := pg.Client.Get(t.Context(), client.ObjectKey{Namespace: playground.SystemNamespace, Name: leaderRole}, role); err != nil {
		t.Fatal(err)
	}
	if want := []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create"}}}; !apiequality.Semantic.DeepEqual(role.Rules, want) {
		t.Errorf("the role of the leader election has the rules %v", role.Rules)
	}
	key := client.ObjectKey{Namespace: playground.SystemNamespace, Name: "profiles-migration"}
	if err := pg.Client.Get(t.Context(), key, &corev1.ConfigMap{}); !apierrors.IsNotFound(err) {
		t.Errorf("there is a record: %v", err)
	}
}

func mustOwnItsNamespace(t *testing.T, name string) {
	t.Helper()
	n, p := &corev1.Namespace{}, &profilev1.Profile{}
	err := errors.Join(pg.Client.Get(t.Context(), client.ObjectKey{Name: name}, n), pg.Client.Get(t.Context(), client.ObjectKey{Name: name}, p))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.OwnerReferences) != 1 || n.OwnerReferences[0].UID != p.UID {
		t.Errorf("the namespace is owned by %v", n.OwnerReferences)
	}
}
