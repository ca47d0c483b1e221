package e2ecli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	stsAudience   = "sts.amazonaws.com"
	visionRole    = "arn:aws:iam::123456789012:role/profiles/vision"
	controllerARN = "arn:aws:iam::123456789012:role/profiles-controller-playground"
)

// account is one of AWS's that can verify the cluster's tokens, and does not know it yet.
type account struct {
	*iamsts.Server
	issuer string
}

func startAccount(t *testing.T) account {
	t.Helper()
	keys, err := issuer.ThroughAPIServer(pg.Admin)
	if err != nil {
		t.Fatal(err)
	}
	name, err := issuer.OfAPIServer(t.Context(), pg.Admin)
	if err != nil {
		t.Fatal(err)
	}
	server, err := iamsts.Start(iamsts.Options{IssuerClient: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return account{server, name}
}

// admits tells whether a service account may have a role.
func (a account) admits(role, namespace, name string) bool {
	return a.Admits(role, a.issuer, "system:serviceaccount:"+namespace+":"+name, stsAudience)
}

// controllerEnvironment is what the EKS pod identity webhook would give the controller's pod:
// a token and the role that its service account is annotated with. It has no other credentials.
func (a account) controllerEnvironment(t *testing.T) []string {
	t.Helper()
	found := &corev1.ServiceAccount{}
	err := pg.Client.Get(t.Context(), client.ObjectKey{Namespace: playground.SystemNamespace, Name: playground.ControllerAccount}, found)
	if err != nil {
		t.Fatal(err)
	}
	token, err := pg.Token(t.Context(), playground.SystemNamespace, playground.ControllerAccount, stsAudience)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	// The SDK does not take AWS_ENDPOINT_URL for the STS that it gets its own credentials from.
	return []string{"AWS_ENDPOINT_URL=" + a.URL(), "AWS_ENDPOINT_URL_STS=" + a.URL(), "AWS_REGION=" + iamsts.Region, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=",
		"AWS_ROLE_ARN=" + found.Annotations["eks.amazonaws.com/role-arn"], "AWS_WEB_IDENTITY_TOKEN_FILE=" + path}
}

// setUp lets the controller edit the roles that the patterns name, and has the cluster forget it
// when the test ends.
func setUp(t *testing.T, admin *shell, patterns string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: playground.SystemNamespace, Name: playground.ControllerAccount}}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: playground.SystemNamespace, Name: installation.Deployment}}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for o, forget := range map[client.Object]string{
			account:    `{"metadata": {"annotations": {"eks.amazonaws.com/role-arn": null}}}`,
			deployment: `{"spec": {"template": {"metadata": {"annotations": {"kubeflow.org/aws-role-arn": null, "kubectl.kubernetes.io/restartedAt": null}}}}}`,
		} {
			if err := pg.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(forget))); err != nil {
				t.Error(err)
			}
		}
	})
	return admin.does("aws", "setup", "--cluster", "playground", "--roles", patterns)
}

// TestFromNothingToARoleInThreeCommands sets AWS up, makes a role and a Profile, and checks what
// pods get. The controller has the role that was made for it and nothing else.
func TestFromNothingToARoleInThreeCommands(t *testing.T) {
	aws := startAccount(t)
	admin := open(t, aws.Environment()...)
	setUp(t, admin, "role/profiles/*")
	if again := admin.does("aws", "setup", "--cluster", "playground", "--roles", "role/profiles/*"); strings.Count(again, "unchanged") != 6 || strings.Count(again, "\n") != 6 {
		t.Errorf("the second time it did something:\n%s", again)
	}
	environment := aws.controllerEnvironment(t)
	if !strings.Contains(strings.Join(environment, "\n"), "AWS_ROLE_ARN="+controllerARN+"\n") {
		t.Fatalf("the controller's account is not annotated: %v", environment)
	}
	startController(t, playground.ControllerOptions{Flags: []string{"-aws-start-delay=0s", "-aws-require-role-tag"}, Environment: environment})

	admin.does("aws", "create-role", "profiles/vision", "--profile", "vision", "--service-account", "pipeline-runner")
	admin.does("create", "vision", "--owner", "vera@example.com", "--aws-role", visionRole, "--wait")
	t.Cleanup(func() { open(t).does("delete", "vision", "--yes", "--wait") })
	said := admin.does("aws", "verify", "vision")
	if want := "✓ the pod is arn:aws:sts::123456789012:assumed-role/vision/kubectl-profile\n"; !strings.HasSuffix(said, want) {
		t.Errorf("verify says\n%s", said)
	}
	if !aws.admits("vision", "vision", "default-editor") || aws.admits("vision", "vision", "default-viewer") {
		t.Errorf("the trust policy is %s", aws.TrustPolicy("vision"))
	}
	// The account that was to come is not there, and the Profile does not name it.
	said = admin.fails(1, "aws", "audit")
	if want := "gone: system:serviceaccount:vision:pipeline-runner: there is no service account pipeline-runner in the namespace"; !strings.Contains(said, want) {
		t.Errorf("audit says\n%s", said)
	}
	admin.does("aws", "audit", "--fix", "--yes")
	admin.does("aws", "audit")
	if aws.admits("vision", "vision", "pipeline-runner") || !aws.admits("vision", "vision", "default-editor") {
		t.Errorf("the trust policy is %s", aws.TrustPolicy("vision"))
	}
	admin.does("aws", "verify", "vision")
}

// TestTheControllerMayEditNoOtherRole makes a Profile with a role that --roles did not name.
func TestTheControllerMayEditNoOtherRole(t *testing.T) {
	aws := startAccount(t)
	admin := open(t, aws.Environment()...)
	setUp(t, admin, "role/profiles/*")
	controller := playground.ControllerOptions{Flags: []string{"-aws-start-delay=0s"}, Environment: aws.controllerEnvironment(t)}
	first := startController(t, controller)
	arn := aws.AddRole("admins", "/", trustOf(aws, ""), nil)
	admin.does("create", "greedy", "--owner", "greta@example.com", "--aws-role", arn)
	said, refusal := "", "The controller may not call iam:GetRole on "+arn
	for begun := time.Now(); !strings.Contains(said, refusal); time.Sleep(50 * time.Millisecond) {
		if said = admin.does("get", "greedy", "-o", "json"); time.Since(begun) > time.Minute {
			t.Fatalf("the Profile is\n%s", said)
		}
	}
	if got := len(aws.History("admins")); got != 1 {
		t.Errorf("its trust policy had %d states", got)
	}
	if said := admin.fails(1, "aws", "verify", "greedy"); !strings.Contains(said, "The controller has not bound the role") {
		t.Errorf("verify says\n%s", said)
	}
	// The controller cannot know that it never let anybody in, so a deleted Profile would stay until
	// it may look.
	said = setUp(t, admin, "role/profiles/*,role/admins")
	if !strings.Contains(said, "policy kubeflow-profile-roles of role/profiles-controller-playground replaced by one that allows iam:GetRole, iam:UpdateAssumeRolePolicy on arn:aws:iam::123456789012:role/profiles/*, arn:aws:iam::123456789012:role/admins; it allowed ") {
		t.Errorf("setup says\n%s", said)
	}
	// One that runs would ask again only after some minutes.
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	startController(t, controller)
	admin.does("delete", "greedy", "--yes", "--wait")
}

// TestAuditClosesWhatGuidesLeaveOpen has a role as common guides make it, for a Profile whose
// role the controller leaves alone.
func TestAuditClosesWhatGuidesLeaveOpen(t *testing.T) {
	aws := startAccount(t)
	aws.AddProvider(aws.issuer, stsAudience)
	admin := open(t, aws.Environment()...)
	arn := aws.AddRole("guide", "/", trustOf(aws, ""), nil)
	admin.does("create", "piper", "--owner", "pia@example.com", "--aws-role", arn, "--annotate-only")
	t.Cleanup(func() { open(t).does("delete", "piper", "--yes", "--wait") })
	if said := admin.fails(1, "aws", "audit"); !strings.Contains(said, "open: any service account of the cluster may have this role") {
		t.Errorf("audit says\n%s", said)
	}
	admin.does("aws", "audit", "--fix", "--dry-run")
	if !aws.admits("guide", "anybody", "default-editor") {
		t.Error("the dry run closed it")
	}
	admin.does("aws", "audit", "--fix", "--yes")
	if aws.admits("guide", "anybody", "default-editor") || !aws.admits("guide", "piper", "default-editor") {
		t.Errorf("the trust policy is %s", aws.TrustPolicy("guide"))
	}
}

// TestATrustPolicyOfAnotherSubjectIsTold annotates an account with a role that is not for it.
func TestATrustPolicyOfAnotherSubjectIsTold(t *testing.T) {
	aws := startAccount(t)
	aws.AddProvider(aws.issuer, stsAudience)
	arn := aws.AddRole("theirs", "/", trustOf(aws, "system:serviceaccount:them:default-editor"), nil)
	admin := open(t, aws.Environment()...)
	admin.does("create", "envy", "--owner", "eve@example.com", "--aws-role", arn, "--annotate-only")
	t.Cleanup(func() { open(t).does("delete", "envy", "--yes", "--wait") })
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "envy"}}
	annotated := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "envy", Name: "default-editor", Annotations: map[string]string{"eks.amazonaws.com/role-arn": arn}}}
	t.Cleanup(func() {
		if err := pg.Client.Delete(context.WithoutCancel(t.Context()), namespace); err != nil {
			t.Error(err)
		}
	})
	for _, o := range []client.Object{namespace, annotated} {
		if err := pg.Client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if said := admin.fails(1, "aws", "verify", "envy"); !strings.Contains(said, "✓ the cluster issues a token for sts.amazonaws.com\n  ✗ not so: AWS gives the role for the token: ") ||
		!strings.Contains(said, "Subject: the trust policy of the role does not let system:serviceaccount:envy:default-editor") {
		t.Errorf("verify says\n%s", said)
	}
}

// trustOf is a trust policy for the cluster's tokens: for one subject, or as common guides write
// it for all.
func trustOf(a account, subject string) string {
	name := strings.TrimPrefix(a.issuer, "https://")
	condition := `"` + name + `:aud": "` + stsAudience + `"`
	if subject != "" {
		condition += `, "` + name + `:sub": "` + subject + `"`
	}
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "` + a.ProviderARN(a.issuer) + `"},
  "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {` + condition + `}}}]}`
}
