package awsroles

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// Role is a role as it shall be.
type Role struct {
	Account Account
	// Name is the role's name behind its path, as in ARNs: profiles/vision or vision.
	Name string
	// Description is shown in AWS's console.
	Description string
	// Provider is the cluster's issuer, whose Subjects may have the role with a token for the
	// Audience.
	Provider trustpolicy.Provider
	Audience string
	Subjects []string
	// Tags are keys and values.
	Tags map[string]string
	// Inline is a policy of this role alone, or nil.
	Inline *Inline
	// Attached are the ARNs of managed policies.
	Attached []string
	// Shared is true for the role of a Profile: the controller edits the trust policy as well, and
	// whoever made the role may have given it more rights. A role that is not, the controller's own,
	// is for its Subjects alone and has no other policies.
	Shared bool
}

// Inline is a policy that belongs to one role.
type Inline struct{ Name, Document string }

var roleName = regexp.MustCompile(`^(?:[\x21-\x29\x2b-\x2e\x30-\x3e\x40-\x7e]+/)*[\w+=,.@-]{1,64}$`)

const longestPath = 512

// LongestRoleName is how many characters the name of a role may have, without its path.
const LongestRoleName = 64

// CheckRoleName tells what is wrong with a role's name behind its path. IAM allows paths of up
// to 512 printable characters and names of up to 64 letters, digits and +=,.@_- (IAM API
// Reference, CreateRole). Wildcards are left out, which would be read as such in policies.
func CheckRoleName(name string) error {
	if !roleName.MatchString(name) || strings.LastIndexByte(name, '/') > longestPath-2 {
		return fmt.Errorf("%q is not the name of an IAM role, such as vision, or with a path profiles/vision", name)
	}
	return nil
}

// ARN is the role's.
func (r Role) ARN() string { return r.Account.arn("role/" + r.Name) }

// Pattern names the roles under the path of the role, or it alone, as setup's --roles does.
func (r Role) Pattern() string {
	if r.path() == "/" {
		return "role/" + r.Name
	}
	return "role" + r.path() + "*"
}

// name is that without the path.
func (r Role) name() string { return r.Name[strings.LastIndexByte(r.Name, '/')+1:] }

// path begins and ends with a slash.
func (r Role) path() string { return "/" + r.Name[:strings.LastIndexByte(r.Name, '/')+1] }

// noStatement is what the trust policy of a new role is made from.
const noStatement = `{"Version":"2012-10-17","Statement":[]}`

// Trust returns the trust policy of the role when it is new. It names its subjects.
func (r Role) Trust() (string, error) {
	policy, err := trustpolicy.Grant([]byte(noStatement), r.Provider, r.Audience, r.Subjects)
	return string(policy), err
}
