package cli

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

const setUp = "aws setup --roles role/profiles/*"

func TestAWSSetup(t *testing.T) {
	term := openAWS(t, installed()...)
	term.prints(setUp+" --dry-run", `
oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO created, for the audience sts.amazonaws.com (dry run); there was none
role/profiles-controller-demo created, for system:serviceaccount:profiles-system:profiles-controller-service-account alone (dry run); there was none
policy kubeflow-profile-roles of role/profiles-controller-demo written (dry run); there was none
serviceaccount/profiles-controller-service-account annotated with arn:aws:iam::123456789012:role/profiles-controller-demo (dry run); it had no role
deployment/profiles-deployment restarted, so that its pods get the role (dry run); its pods had no role
`)
	if n := term.changes(); n != 0 || term.annotation() != "" || len(term.deployment().Spec.Template.Annotations) > 0 {
		t.Errorf("a dry run changed %d things in AWS, and the account is annotated with %q", n, term.annotation())
	}
	term.prints(setUp, `
oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO created, for the audience sts.amazonaws.com; there was none
role/profiles-controller-demo created, for system:serviceaccount:profiles-system:profiles-controller-service-account alone; there was none
policy kubeflow-profile-roles of role/profiles-controller-demo written; there was none
serviceaccount/profiles-controller-service-account annotated with arn:aws:iam::123456789012:role/profiles-controller-demo; it had no role
deployment/profiles-deployment restarted, so that its pods get the role; its pods had no role
`)
	term.aws.ResetRequests()
	term.prints(setUp, `
oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO unchanged: takes the audience sts.amazonaws.com
role/profiles-controller-demo unchanged: lets system:serviceaccount:profiles-system:profiles-controller-service-account in
role/profiles-controller-demo unchanged: has its tags
policy kubeflow-profile-roles of role/profiles-controller-demo unchanged: is as it should be
serviceaccount/profiles-controller-service-account unchanged: is annotated with the role
deployment/profiles-deployment unchanged: was started with the role
`)
	if n := term.changes(); n != 0 {
		t.Errorf("the second time it changed %d things in AWS", n)
	}
	if got := term.annotation(); got != "arn:aws:iam::123456789012:role/profiles-controller-demo" {
		t.Errorf("the account is annotated with %q", got)
	}
	for subject, want := range map[string]bool{
		"system:serviceaccount:profiles-system:profiles-controller-service-account": true,
		"system:serviceaccount:ann:default-editor":                                  false,
	} {
		for _, v := range term.aws.History("profiles-controller-demo") {
			if got := term.aws.PolicyAdmits(v.Policy, "https://"+oidc, subject, "sts.amazonaws.com"); got != want {
				t.Errorf("%s may have the role: %t", subject, got)
			}
		}
	}
}

func (term *awsTerminal) annotation() string {
	term.t.Helper()
	account := &corev1.ServiceAccount{}
	if err := term.cluster.Get(term.t.Context(), client.ObjectKey{Namespace: "profiles-system", Name: "profiles-controller-service-account"}, account); err != nil {
		term.t.Fatal(err)
	}
	return account.Annotations["eks.amazonaws.com/role-arn"]
}

func (term *awsTerminal) deployment() *appsv1.Deployment {
	term.t.Helper()
	d := &appsv1.Deployment{}
	if err := term.cluster.Get(term.t.Context(), client.ObjectKey{Namespace: "profiles-system", Name: "profiles-deployment"}, d); err != nil {
		term.t.Fatal(err)
	}
	return d
}

// TestAWSSetupGoesOnWhereItFailed has each request to IAM fail once, and runs the command again
// until it gets through.
func TestAWSSetupGoesOnWhereItFailed(t *testing.T) {
	term := openAWS(t, installed()...)
	failed := map[string]bool{}
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if failed[r.Action] {
			return iamsts.Fault{}
		}
		failed[r.Action] = true
		return iamsts.Fail(http.StatusForbidden, "AccessDenied", "not you")
	})
	runs := 1
	for ; term.run(setUp) != 0 && runs < 20; runs++ {
		if says := term.err.String(); !strings.Contains(says, "AccessDenied") {
			t.Fatal(says)
		}
	}
	// GetCallerIdentity, then for the provider two, for the role two, for its policy two, for other
	// policies two.
	if runs != 10 {
		t.Errorf("it took %d runs and ended with %s", runs, term.err.String())
	}
	if got := len(term.aws.History("profiles-controller-demo")); got != 1 {
		t.Errorf("the trust policy had %d states", got)
	}
	if term.annotation() == "" || term.deployment().Spec.Template.Annotations["kubeflow.org/aws-role-arn"] == "" {
		t.Error("the controller does not have the role")
	}
}

// TestAWSSetupRestartsWhatItCouldNotRestart fails between the annotation and the restart.
func TestAWSSetupRestartsWhatItCouldNotRestart(t *testing.T) {
	term := openAWS(t, installed()...)
	whole := term.cluster
	term.cluster = interceptor.NewClient(whole, interceptor.Funcs{
		Patch: func(ctx context.Context, next client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			if _, ok := o.(*appsv1.Deployment); ok {
				return errors.New("the API server went away")
			}
			return next.Patch(ctx, o, patch, options...)
		},
	})
	term.fails(setUp, 1, "deployment/profiles-deployment could not be restarted, so that its pods get the role: the API server went away\n")
	term.cluster = whole
	term.run(setUp)
	const want = "serviceaccount/profiles-controller-service-account unchanged: is annotated with the role\ndeployment/profiles-deployment restarted, so that its pods get the role; its pods had no role\n"
	if !strings.HasSuffix(term.out.String(), want) {
		t.Errorf("it prints %s", term.out.String())
	}
}

func TestAWSSetupSaysHowToGoOn(t *testing.T) {
	term := openAWS(t, installed()...)
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "PutRolePolicy" {
			return iamsts.AccessDenied()
		}
		return iamsts.Fault{}
	})
	term.fails(setUp, 1, "policy kubeflow-profile-roles of role/profiles-controller-demo could not be written:")
	term.fails(setUp, 1, "What was done before stays. Run the same command again to go on")
	term.fails(setUp, 1, "Your AWS credentials may not call iam:PutRolePolicy.")
	if term.annotation() != "" {
		t.Error("the controller got a role that may do nothing")
	}
}

func TestAWSSetupTakesOverTheRoleThatTheControllerHas(t *testing.T) {
	objects := installed()
	objects[0].(*corev1.Pod).Spec.Containers[0].Env = []corev1.EnvVar{{Name: "AWS_ROLE_ARN", Value: "arn:aws:iam::123456789012:role/eksctl/demo-1A"}}
	objects[1].(*corev1.ServiceAccount).Annotations = map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/eksctl/demo-1A"}
	term := openAWS(t, objects...)
	term.aws.AddProvider("https://"+oidc, "sts.amazonaws.com")
	term.aws.AddRole("demo-1A", "/eksctl/", trusting("system:serviceaccount:profiles-system:profiles-controller-service-account"), nil)
	term.prints(setUp, `
oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO unchanged: takes the audience sts.amazonaws.com
role/eksctl/demo-1A unchanged: lets system:serviceaccount:profiles-system:profiles-controller-service-account in
role/eksctl/demo-1A tagged kubeflow.org/profiles-controller=oidc.eks.eu-central-1.amazonaws.com/id/DEMO; it had no such tag
policy kubeflow-profile-roles of role/eksctl/demo-1A written; there was none
serviceaccount/profiles-controller-service-account unchanged: is annotated with the role
deployment/profiles-deployment unchanged: was started with the role
`)
}

// trusting is a trust policy as eksctl writes it.
func trusting(subject string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/` + oidc + `"},
"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + oidc + `:aud":"sts.amazonaws.com","` + oidc + `:sub":"` + subject + `"}}}]}`
}

// guideTrust is a trust policy as common guides write it, open to the whole cluster.
var guideTrust = strings.Replace(trusting("x"), `,"`+oidc+`:sub":"x"`, "", 1)

func TestAWSSetupLeavesRolesOfOthersAlone(t *testing.T) {
	term := openAWS(t, installed()...)
	term.aws.AddRole("profiles-controller-demo", "/", guideTrust, nil)
	term.fails(setUp, 1, "nothing says that it is for this. Choose another name; or, if you know all that it may do, tag it: aws iam tag-role --role-name profiles-controller-demo --tags Key=kubeflow.org/profiles-controller,Value="+oidc)
	term.aws.AddRole("elsewhere", "/there/", guideTrust, nil)
	term.fails(setUp+" --role elsewhere", 1, "there is a role of that name already: arn:aws:iam::123456789012:role/there/elsewhere")
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
	term.aws.AddRole("tagged", "/", guideTrust, map[string]string{"kubeflow.org/profiles-controller": oidc})
	if code := term.run(setUp + " --role tagged"); code != 0 || !strings.Contains(term.out.String(), "role/tagged closed to all service accounts but those that are named") {
		t.Errorf("%d: %s%s", code, term.out.String(), term.err.String())
	}
	if term.aws.Admits("tagged", "https://"+oidc, "system:serviceaccount:ann:default-editor", "sts.amazonaws.com") {
		t.Error("the role is still open")
	}
}

func TestAWSSetupRestartsPodsWithAnotherRole(t *testing.T) {
	objects := installed()
	term := openAWS(t, objects...)
	term.run(setUp)
	pod := &corev1.Pod{}
	if err := term.cluster.Get(t.Context(), client.ObjectKeyFromObject(objects[0]), pod); err != nil {
		t.Fatal(err)
	}
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "AWS_ROLE_ARN", Value: "arn:aws:iam::123456789012:role/former"}}
	if err := term.cluster.Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	if term.run(setUp); !strings.HasSuffix(term.out.String(), "deployment/profiles-deployment restarted, so that its pods get the role; its pods had arn:aws:iam::123456789012:role/former\n") {
		t.Errorf("it says %s", term.out.String())
	}
}

func TestAWSSetupMistakes(t *testing.T) {
	term := openAWS(t, installed()...)
	for line, says := range map[string]string{
		"aws setup":                               "--roles is required",
		"aws setup --roles *":                     "must name roles by the beginning of their path or name",
		"aws setup --roles role/*":                "must name roles by the beginning of their path or name",
		"aws setup --roles role/prof*":            "the controller's own role profiles-controller-demo is among",
		"aws setup --roles arn:aws:iam::1:role/x": "must name roles by the beginning of their path or name",
		setUp + " --dry-run=server":               "AWS cannot try this without doing it; use --dry-run=client",
		setUp + " -o json":                        `-o is "json"; it must be aws-cli or terraform`,
		setUp + " --role a*b":                     `"a*b" is not the name of an IAM role`,
		setUp + " --issuer http://x":              `--issuer: the issuer "http://x" is not an https URL`,
		setUp + " --cluster staging":              "--cluster is staging, and the context arn:aws:eks:eu-central-1:123456789012:cluster/demo is that of the EKS cluster demo. Choose the cluster with --context",
		setUp + " now":                            `unexpected argument "now"`,
	} {
		term.fails(line, 2, says)
	}
	if n := term.changes(); n != 0 {
		t.Errorf("mistakes changed %d things", n)
	}
	open := openAWS(t)
	open.fails("aws setup --roles role/*", 2, "must name roles by the beginning")
	open.fails(setUp, 1, "there is no deployment profiles-deployment in [profiles-system kubeflow]. Install the controller first")
}

// inKubeflow is the controller as a part of Kubeflow.
func inKubeflow() []client.Object {
	objects := installed()
	for _, o := range objects {
		o.SetNamespace("kubeflow")
	}
	return objects
}

func TestAWSSetupTakesTheNameOfTheCluster(t *testing.T) {
	for flags, role := range map[string]string{
		" --context other": "profiles-controller-other",
		" --cluster demo":  "profiles-controller-demo",
		" --role a/b":      "a/b",
		" -n kubeflow":     "profiles-controller-demo",
	} {
		term := openAWS(t, inKubeflow()...)
		want := "role/" + role + " created, for system:serviceaccount:kubeflow:profiles-controller-service-account alone (dry run); there was none\n"
		if term.run(setUp + " --dry-run" + flags); !strings.Contains(term.out.String(), want) {
			t.Errorf("%s: it prints %s%s", flags, term.out.String(), term.err.String())
		}
	}
}

func TestAWSSetupFindsTheController(t *testing.T) {
	bare := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "profiles-system", Name: "profiles-deployment"}}
	for flags, says := range map[string]string{
		"":                    "there is a deployment profiles-deployment in each of [profiles-system kubeflow]. Say with --namespace which one is meant",
		" -n profiles-system": "the deployment profiles-deployment runs under the namespace's default service account, which other pods have too",
		" -n elsewhere":       "there is no deployment profiles-deployment in [elsewhere]. Install the controller first",
	} {
		openAWS(t, append(inKubeflow(), bare)...).fails(setUp+" --dry-run"+flags, 1, says)
	}
}

func TestAWSSetupAddsTheAudienceToAProvider(t *testing.T) {
	term := openAWS(t, installed()...)
	term.aws.AddProvider("https://"+oidc, "other")
	if term.run(setUp); !strings.HasPrefix(term.out.String(), "oidc-provider/"+oidc+" given the audience sts.amazonaws.com; it took other\n") {
		t.Errorf("it prints %s", term.out.String())
	}
	if term.run(setUp); !strings.HasPrefix(term.out.String(), "oidc-provider/"+oidc+" unchanged: takes the audience sts.amazonaws.com\n") {
		t.Errorf("the second time it prints %s", term.out.String())
	}
}

func TestAWSSetupInAnotherAccount(t *testing.T) {
	term := openAWSAt(t, iamsts.Options{AccountID: "999999999999"}, "https://"+oidc, installed()...)
	for _, how := range []string{"", " --dry-run", " -o aws-cli"} {
		term.fails(setUp+how, 1, "the cluster is in the account 123456789012 and your AWS credentials are of 999999999999. Choose the account with AWS_PROFILE; or, if the roles shall be in the other one, give --account 999999999999")
	}
	term.fails(setUp+" --account 123456789012", 1, "your AWS credentials are of the account 999999999999, and --account is 123456789012")
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
	if code := term.run(setUp + " --account 999999999999"); code != 0 || term.annotation() != "arn:aws:iam::999999999999:role/profiles-controller-demo" {
		t.Errorf("%d: %s, and the controller has %s", code, term.err.String(), term.annotation())
	}
}
