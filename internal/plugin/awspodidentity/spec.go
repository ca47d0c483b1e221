package awspodidentity

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Spec is what an entry of spec.plugins of this kind can say.
type Spec struct {
	// RoleArn is the ARN of the role, which has to be in the cluster's own account.
	RoleArn string `json:"roleArn"`
	// TargetRoleArn is the ARN of a role, also of another account, that is assumed with the
	// credentials of the first one, and whose credentials the pods get. Optional.
	TargetRoleArn string `json:"targetRoleArn"`
	// ServiceAccounts may take the role. By default default-editor alone.
	ServiceAccounts []string `json:"serviceAccounts"`
}

// readSpec decodes and checks a spec. Errors are InvalidSpec errors.
func readSpec(raw []byte) (Spec, error) {
	var s Spec
	if err := plugin.DecodeSpec(raw, &s); err != nil {
		return s, err
	}
	if s.RoleArn == "" {
		return s, plugin.InvalidSpec("roleArn", "is required: the ARN of the role that the Profile's pods shall have")
	}
	if err := checkRole("roleArn", s.RoleArn); err != nil {
		return s, err
	}
	if s.TargetRoleArn != "" {
		if err := checkRole("targetRoleArn", s.TargetRoleArn); err != nil {
			return s, err
		}
		if s.TargetRoleArn == s.RoleArn {
			return s, plugin.InvalidSpec("targetRoleArn", "is the same as roleArn; leave it out, or name the role that roleArn shall assume")
		}
	}
	accounts, err := plugin.ServiceAccounts(s.ServiceAccounts)
	s.ServiceAccounts = accounts
	return s, err
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	// roleResource is a path of up to 512 printable ASCII characters and a name (IAM API
	// Reference, CreateRole).
	roleResource = regexp.MustCompile(`^role/(?:[\x21-\x2e\x30-\x7e]{1,511}/)*[\w+=,.@-]{1,64}$`)
)

// checkRole returns an InvalidSpec error for anything but the ARN of a role.
func checkRole(field, text string) error {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "iam" || parsed.Region != "" || !accountID.MatchString(parsed.AccountID) || !roleResource.MatchString(parsed.Resource) {
		return plugin.InvalidSpec(field, "%q is not the ARN of an IAM role; it looks like arn:aws:iam::123456789012:role/name", text)
	}
	return nil
}
