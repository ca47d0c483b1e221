package cli

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

const (
	controllerSubject = "system:serviceaccount:profiles-system:profiles-controller-service-account"
	controllerTrust   = `"system:serviceaccount:profiles-system:profiles-controller-service-account"`
)

// deny has IAM refuse one action.
func deny(term *awsTerminal, action string) {
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == action {
			return iamsts.AccessDenied()
		}
		return iamsts.Fault{}
	})
}

// openWithRole opens a terminal at a cluster whose controller has the role demo-1A from eksctl.
func openWithRole(t *testing.T, trust string) *awsTerminal {
	t.Helper()
	objects := installed()
	objects[1].(*corev1.ServiceAccount).Annotations = map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/demo-1A"}
	term := openAWS(t, objects...)
	term.aws.AddProvider("https://"+oidc, "sts.amazonaws.com")
	term.aws.AddRole("demo-1A", "/", trust, map[string]string{"kubeflow.org/profiles-controller": oidc})
	return term
}

// give gives a role a policy of its own.
func (term *awsTerminal) give(role, policy, document string) {
	term.t.Helper()
	_, err := iam.NewFromConfig(term.aws.Config()).PutRolePolicy(term.t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &policy, PolicyDocument: &document})
	if err != nil {
		term.t.Fatal(err)
	}
}

// attach attaches a managed policy to a role.
func (term *awsTerminal) attach(role, arn string) {
	term.t.Helper()
	_, err := iam.NewFromConfig(term.aws.Config()).AttachRolePolicy(term.t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
	if err != nil {
		term.t.Fatal(err)
	}
}

// TestAWSSetupTellsWhatElseTheRoleMayDo has the role that guides for the existing controller make.
func TestAWSSetupTellsWhatElseTheRoleMayDo(t *testing.T) {
	term := openWithRole(t, trusting(controllerSubject))
	term.give("demo-1A", "all-roles", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}`)
	term.attach("demo-1A", "arn:aws:iam::123456789012:policy/kf-controller")
	const complaints = `  ✗ the role also has the policy all-roles, which may allow more; to take it away: aws iam delete-role-policy --role-name demo-1A --policy-name all-roles
  ✗ the role also has the policy arn:aws:iam::123456789012:policy/kf-controller, which may allow more; to take it away: aws iam detach-role-policy --role-name demo-1A --policy-arn arn:aws:iam::123456789012:policy/kf-controller
`
	for _, test := range []struct{ flags, says string }{
		{" --dry-run", "written (dry run); there was none\n"},
		{"", "written; there was none\n"},
		{"", "unchanged: is as it should be\n"},
	} {
		term.fails(setUp+test.flags, 1, "something is wrong that this command leaves alone")
		if want := "policy kubeflow-profile-roles of role/demo-1A " + test.says + complaints + "serviceaccount/"; !strings.Contains(term.out.String(), want) {
			t.Errorf("it prints\n%s", term.out.String())
		}
	}
	if term.deployment().Spec.Template.Annotations["kubeflow.org/aws-role-arn"] == "" {
		t.Error("the rest was not done")
	}
}

// TestAWSSetupRefusesARoleThatOthersHave: they would get what the controller is given.
func TestAWSSetupRefusesARoleThatOthersHave(t *testing.T) {
	service := strings.Replace(trusting(controllerSubject), `}}}]}`, `}}},{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, 1)
	pattern := strings.Replace(trusting("system:serviceaccount:*"), "StringEquals", "StringLike", 1)
	for trust, says := range map[string]string{
		strings.Replace(trusting(controllerSubject), controllerTrust, `[`+controllerTrust+`,"system:serviceaccount:ann:default-editor"]`, 1): "role/demo-1A lets in others than the controller: system:serviceaccount:ann:default-editor. They would get",
		service: `role/demo-1A lets in others than the controller: {"Service":"ec2.amazonaws.com"}. They would get`,
		pattern: "the trust policy of arn:aws:iam::123456789012:role/demo-1A lets any service account of the cluster in, in a way that cannot be closed without guessing",
		strings.Replace(pattern, "serviceaccount:*", "serviceaccount:profiles-system:*", 1): "role/demo-1A lets in others than the controller: system:serviceaccount:profiles-system:*. They would get",
	} {
		term := openWithRole(t, trust)
		term.fails(setUp, 1, says)
		if n := term.changes(); n != 0 {
			t.Errorf("%s: it changed %d things", says, n)
		}
	}
}

func TestAWSSetupSaysWhatItReplaces(t *testing.T) {
	objects := installed()
	objects[1].(*corev1.ServiceAccount).Annotations = map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/old"}
	term := openAWS(t, objects...)
	term.run(setUp + " --role new")
	if want := "serviceaccount/profiles-controller-service-account annotated with arn:aws:iam::123456789012:role/new; it was annotated with arn:aws:iam::123456789012:role/old\n"; !strings.Contains(term.out.String(), want) {
		t.Errorf("it prints\n%s", term.out.String())
	}
	term.prints("aws setup --roles role/teams/* --dry-run", `
oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEMO unchanged: takes the audience sts.amazonaws.com
role/new unchanged: lets system:serviceaccount:profiles-system:profiles-controller-service-account in
role/new unchanged: has its tags
policy kubeflow-profile-roles of role/new replaced by one that allows iam:GetRole, iam:UpdateAssumeRolePolicy on arn:aws:iam::123456789012:role/teams/* (dry run); it allowed iam:GetRole, iam:UpdateAssumeRolePolicy on arn:aws:iam::123456789012:role/profiles/*
serviceaccount/profiles-controller-service-account unchanged: is annotated with the role
deployment/profiles-deployment unchanged: was started with the role
`)
}

// TestAWSSetupLeavesTheRoleOfAnotherClusterAlone has two clusters of one name in an account.
func TestAWSSetupLeavesTheRoleOfAnotherClusterAlone(t *testing.T) {
	term := openAWS(t, installed()...)
	term.aws.AddRole("profiles-controller-demo", "/", trusting(controllerSubject), map[string]string{"kubeflow.org/profiles-controller": "oidc.eks.eu-west-1.amazonaws.com/id/OTHER"})
	term.fails(setUp, 1, "arn:aws:iam::123456789012:role/profiles-controller-demo is for the cluster with the issuer oidc.eks.eu-west-1.amazonaws.com/id/OTHER, by its tag kubeflow.org/profiles-controller. Choose another name with --role; or, if that cluster is gone, tag it for this one: aws iam tag-role ")
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
}

// TestAWSSetupAsksForANameWhereTheClustersIsTooLong has a name as long as EKS allows.
func TestAWSSetupAsksForANameWhereTheClustersIsTooLong(t *testing.T) {
	name := strings.Repeat("long", 25)
	term := openAWS(t, installed()...)
	path := *term.Kubeconfig.KubeConfig
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts["long"] = &clientcmdapi.Context{Cluster: name + ".eu-west-1.eksctl.io"}
	config.Clusters[name+".eu-west-1.eksctl.io"] = config.Clusters["other.eu-west-1.eksctl.io"]
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	term.fails(setUp+" --context long", 2, "--role is required: profiles-controller-"+name+" would have 120 characters, and the names of roles have at most 64")
	term.run(setUp + " --context long --role controller --dry-run")
	if want := "role/controller created"; !strings.Contains(term.out.String(), want) {
		t.Errorf("it prints %s%s", term.out.String(), term.err.String())
	}
}

// TestAWSSetupNeedsTheNameOfTheClusterOrARole has a context that tells nothing, as kind's.
func TestAWSSetupNeedsTheNameOfTheClusterOrARole(t *testing.T) {
	term := openAWS(t, installed()...)
	path := *term.Kubeconfig.KubeConfig
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts["plain"] = &clientcmdapi.Context{Cluster: "plain"}
	config.Clusters["plain"] = config.Clusters["other.eu-west-1.eksctl.io"]
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	term.fails(setUp+" --context plain", 2, "--role is required: the current context does not tell")
	term.run(setUp + " --context plain --cluster c --dry-run")
	if want := "role/profiles-controller-c created"; !strings.Contains(term.out.String(), want) {
		t.Errorf("it prints %s%s", term.out.String(), term.err.String())
	}
}
