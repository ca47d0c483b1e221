package cli

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// policies are the documents of the own policies of the role vision.
func (term *awsTerminal) policies() map[string]string {
	term.t.Helper()
	role := "vision"
	own := iam.NewFromConfig(term.aws.Config())
	listed, err := own.ListRolePolicies(term.t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		term.t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range listed.PolicyNames {
		policy, err := own.GetRolePolicy(term.t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: aws.String(name)})
		if err != nil {
			term.t.Fatal(err)
		}
		all[name] = *policy.PolicyDocument
	}
	return all
}

// TestAWSCreateRoleTakesNoBucketAway gives a role one bucket after another.
func TestAWSCreateRoleTakesNoBucketAway(t *testing.T) {
	term := openWithProvider(t)
	term.run(createRole + " --s3-bucket one-bucket")
	before := term.policies()
	for _, more := range []string{"--s3-bucket two-bucket", "--s3-bucket one-bucket --prefix shared/", "--attach arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"} {
		if code := term.run(createRole + " " + more); code != 0 {
			t.Errorf("%s: %s", more, term.err.String())
		}
	}
	after := term.policies()
	for name, document := range before {
		if diff := cmp.Diff(document, after[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(before) != 1 || len(after) != 3 {
		t.Errorf("there were %d policies and are %d", len(before), len(after))
	}
	const narrowed = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::one-bucket/*"}]}`
	term.give("vision", "kubeflow-s3-one-bucket", narrowed)
	term.aws.ResetRequests()
	term.fails(createRole+" --s3-bucket one-bucket", 1, "the policy kubeflow-s3-one-bucket of role/profiles/vision allows something else than it would be given, and what is there is left as it is.\nIt allows s3:GetObject on arn:aws:s3:::one-bucket/*\nInstead of s3:ListBucket, ")
	term.fails(createRole+" --s3-bucket one-bucket", 1, "delete it first: aws iam delete-role-policy --role-name vision --policy-name kubeflow-s3-one-bucket")
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
}

// TestAWSCreateRoleRefusesWhatStaysOpen has a role that is for the Profile by its tag, and open by a
// pattern, which also covers the Profile.
func TestAWSCreateRoleRefusesWhatStaysOpen(t *testing.T) {
	term := openWithProvider(t)
	pattern := strings.Replace(trusting("system:serviceaccount:*"), "StringEquals", "StringLike", 1)
	term.aws.AddRole("vision", "/profiles/", pattern, map[string]string{"kubeflow.org/profile": "vision"})
	for _, how := range []string{"", " --dry-run", " --service-account other"} {
		term.fails(createRole+how, 1, "the trust policy of arn:aws:iam::123456789012:role/profiles/vision lets any service account of the cluster in, in a way that cannot be closed without guessing, such as a wildcard. Correct it (kubectl profile aws audit shows what is wrong)")
	}
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
	// A pattern within the Profile is somebody's decision, and shown.
	term.aws.AddRole("vision", "/profiles/", strings.Replace(pattern, "serviceaccount:*", "serviceaccount:vision:*", 1), map[string]string{"kubeflow.org/profile": "vision"})
	term.prints(createRole, `
role/profiles/vision unchanged: lets system:serviceaccount:vision:default-editor in, and system:serviceaccount:vision:*
role/profiles/vision unchanged: has its tags
`)
}

// TestAWSCreateRoleComputesTheSizeFirst has more accounts than a trust policy takes.
func TestAWSCreateRoleComputesTheSizeFirst(t *testing.T) {
	const says = "the trust policy of role/profiles/vision would have 2"
	accounts := make([]string, 0, 40)
	for i := range 40 {
		accounts = append(accounts, "account-number-"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	line := createRole + " --service-account " + strings.Join(accounts, ",")
	term := openWithProvider(t)
	for _, how := range []string{"", " --dry-run", " -o aws-cli"} {
		term.fails(line+how, 1, says)
		term.fails(line+how, 1, "characters, and IAM takes 2048 (as iam:GetAccountSummary says, or by default). Name fewer service accounts, spread them over more roles,")
	}
	term.run(createRole)
	term.aws.ResetRequests()
	term.fails(line, 1, says)
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
	term = openAWSAt(t, iamsts.Options{TrustPolicySizeLimit: 4096}, "https://"+oidc)
	term.aws.AddProvider("https://"+oidc, "sts.amazonaws.com")
	if code := term.run(line); code != 0 {
		t.Errorf("with a raised quota: %s", term.err.String())
	}
}
