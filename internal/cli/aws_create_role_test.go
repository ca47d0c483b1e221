package cli

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const createRole = "aws create-role profiles/vision --profile vision"

// openWithProvider opens a terminal at a cluster whose tokens the account takes.
func openWithProvider(t *testing.T, profiles ...*profilev1.Profile) *awsTerminal {
	t.Helper()
	term := openAWS(t)
	for _, p := range profiles {
		if err := term.cluster.Create(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	term.aws.AddProvider("https://"+oidc, "sts.amazonaws.com")
	term.aws.ResetRequests()
	return term
}

// withRole adds an entry of the plugin to a Profile.
func withRole(b profileBuilder, spec string) *profilev1.Profile {
	p := b.plugin("AwsIamForServiceAccount").obj()
	p.Spec.Plugins[len(p.Spec.Plugins)-1].Spec = &runtime.RawExtension{Raw: []byte(spec)}
	return p
}

func TestAWSCreateRole(t *testing.T) {
	term := openWithProvider(t)
	const line = createRole + " --s3-bucket ml-data --prefix vision/ --attach arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
	term.prints(line+" --dry-run", `
role/profiles/vision created, for system:serviceaccount:vision:default-editor alone (dry run); there was none
policy kubeflow-s3-ml-data_vision of role/profiles/vision written (dry run); there was none
arn:aws:iam::aws:policy/AmazonSageMakerReadOnly attached to role/profiles/vision (dry run); it was not
`)
	if n := term.changes(); n != 0 {
		t.Errorf("a dry run changed %d things", n)
	}
	term.prints(line, `
role/profiles/vision created, for system:serviceaccount:vision:default-editor alone; there was none
policy kubeflow-s3-ml-data_vision of role/profiles/vision written; there was none
arn:aws:iam::aws:policy/AmazonSageMakerReadOnly attached to role/profiles/vision; it was not
`)
	const next = "Next: kubectl profile create vision --owner OWNER --aws-role arn:aws:iam::123456789012:role/profiles/vision\n"
	if diff := cmp.Diff(next, term.err.String()); diff != "" {
		t.Error(diff)
	}
	term.aws.ResetRequests()
	term.prints(line, `
role/profiles/vision unchanged: lets system:serviceaccount:vision:default-editor in
role/profiles/vision unchanged: has its tags
policy kubeflow-s3-ml-data_vision of role/profiles/vision unchanged: is as it should be
arn:aws:iam::aws:policy/AmazonSageMakerReadOnly unchanged: is attached to role/profiles/vision
`)
	if n := term.changes(); n != 0 {
		t.Errorf("the second time it changed %d things", n)
	}
	for _, v := range term.aws.History("vision") {
		for subject, want := range map[string]bool{"system:serviceaccount:vision:default-editor": true, "system:serviceaccount:vision:default-viewer": false} {
			if got := term.aws.PolicyAdmits(v.Policy, "https://"+oidc, subject, "sts.amazonaws.com"); got != want {
				t.Errorf("%s may have the role: %t", subject, got)
			}
		}
	}
	answer, err := iam.NewFromConfig(term.aws.Config()).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("vision")})
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for _, tag := range answer.Role.Tags {
		tags[*tag.Key] = *tag.Value
	}
	if diff := cmp.Diff(map[string]string{"kubeflow.org/profile": "vision"}, tags); diff != "" {
		t.Error(diff)
	}
	if got := *answer.Role.Description; got != "Kubeflow Profile vision of cluster demo" {
		t.Errorf("it is described as %q", got)
	}
}

func TestAWSCreateRoleForMoreAccounts(t *testing.T) {
	term := openWithProvider(t)
	term.run(createRole)
	term.prints(createRole+" --service-account default-editor,runner", `
role/profiles/vision opened for system:serviceaccount:vision:default-editor, system:serviceaccount:vision:runner; it let system:serviceaccount:vision:default-editor in
role/profiles/vision unchanged: has its tags
`)
	term.prints(createRole+" --s3-bucket ml-data", `
role/profiles/vision unchanged: lets system:serviceaccount:vision:default-editor in, and system:serviceaccount:vision:runner
role/profiles/vision unchanged: has its tags
policy kubeflow-s3-ml-data of role/profiles/vision written; there was none
`)
	term.prints(createRole+" --s3-bucket other-data", `
role/profiles/vision unchanged: lets system:serviceaccount:vision:default-editor in, and system:serviceaccount:vision:runner
role/profiles/vision unchanged: has its tags
policy kubeflow-s3-other-data of role/profiles/vision written; there was none
`)
}

func TestAWSCreateRoleLeavesRolesOfOthersAlone(t *testing.T) {
	term := openWithProvider(t)
	term.aws.AddRole("vision", "/profiles/", guideTrust, map[string]string{"kubeflow.org/profile": "ann"})
	term.fails(createRole, 1, "arn:aws:iam::123456789012:role/profiles/vision is the role of profile ann, by its tag kubeflow.org/profile")
	term.aws.AddRole("vision", "/profiles/", guideTrust, nil)
	term.fails(createRole, 1, "tag it: aws iam tag-role --role-name vision --tags Key=kubeflow.org/profile,Value=vision")
	term.aws.AddRole("vision", "/", guideTrust, map[string]string{"kubeflow.org/profile": "vision"})
	term.fails(createRole, 1, "there is a role of that name already: arn:aws:iam::123456789012:role/vision")
	if n := term.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
	// Whoever tagged it so said that it is for any Profile.
	term.aws.AddRole("vision", "/profiles/", guideTrust, map[string]string{"kubeflow.org/profile": "*"})
	term.prints(createRole, `
role/profiles/vision closed to all service accounts but those that are named, among them system:serviceaccount:vision:default-editor; it let all of them in
role/profiles/vision unchanged: has its tags
`)
}

func TestAWSCreateRoleWithoutAProvider(t *testing.T) {
	openAWS(t).fails(createRole, 1, "the account 123456789012 does not take the tokens of this cluster: oidc-provider/"+oidc+" must be created, for the audience sts.amazonaws.com.\nTo have it done: kubectl profile aws setup --roles 'role/profiles/*'")
	openAWS(t).fails("aws create-role vision --profile vision", 1, "To have it done: kubectl profile aws setup --roles 'role/vision'")
}

func TestAWSCreateRoleMistakes(t *testing.T) {
	term := openWithProvider(t)
	for line, says := range map[string]string{
		"aws create-role":                                     "give the name of one role, as in: ",
		"aws create-role vision":                              "--profile is required",
		"aws create-role /vision --profile vision":            `"/vision" is not the name of an IAM role`,
		"aws create-role vision --profile Vision":             `"Vision" is not the name of a namespace`,
		createRole + " --prefix vision/":                      "--prefix narrows a bucket; give it with --s3-bucket",
		createRole + " --s3-bucket ML --prefix vision/":       `"ML" is not the name of a bucket in S3`,
		createRole + " --s3-bucket ml-data --prefix vision":   `the prefix "vision" must end in a slash`,
		createRole + " --s3-bucket ml-data --prefix */":       `the prefix "*/" must end in a slash`,
		createRole + " --attach AmazonS3FullAccess":           `--attach: "AmazonS3FullAccess" is not the ARN of a managed policy`,
		createRole + " --service-account Default":             "--service-account: ",
		createRole + " --output yaml":                         `-o is "yaml"; it must be aws-cli or terraform`,
		createRole + " --dry-run server":                      "give the name of one role",
		createRole + " --dry-run=server":                      "AWS cannot try this without doing it",
		createRole + " --issuer https://user@example.com/abc": "--issuer: the issuer's URL must have no user, query or fragment",
	} {
		term.fails(line, 2, says)
	}
	if got := slices.Collect(maps.Keys(term.aws.Requests())); term.changes() != 0 {
		t.Errorf("mistakes asked for %v", got)
	}
}
