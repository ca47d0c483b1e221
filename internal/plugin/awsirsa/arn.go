package awsirsa

import (
	"regexp"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// roleARN is arn:<partition>:iam::<account>:role/<path/>name. IAM allows paths of up to 512
// printable ASCII characters and names of up to 64 letters, digits and +=,.@_- (IAM API
// Reference, CreateRole).
type roleARN struct {
	text      string
	partition string
	account   string
	name      string
}

var roleARNPattern = regexp.MustCompile(`^arn:(aws(?:-[a-z]+)*):iam::([0-9]{12}):role/((?:[\x21-\x2e\x30-\x7e]+/)*)([\w+=,.@-]{1,64})$`)

const longestPath = 512

// parseRoleARN returns an InvalidSpec error for anything but the ARN of a role.
func parseRoleARN(field, text string) (roleARN, error) {
	parts := roleARNPattern.FindStringSubmatch(text)
	if parts == nil || len(parts[3]) > longestPath-1 {
		return roleARN{}, plugin.InvalidSpec(field, "%q is not the ARN of an IAM role; it looks like arn:aws:iam::123456789012:role/name", text)
	}
	return roleARN{text: text, partition: parts[1], account: parts[2], name: parts[4]}, nil
}

// CheckRoleARN tells what is wrong with a field or flag that should be the ARN of a role.
func CheckRoleARN(field, text string) error {
	_, err := parseRoleARN(field, text)
	return err
}
