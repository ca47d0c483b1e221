package awsirsa

import (
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Spec is what an entry of spec.plugins of this kind can say. Keys are read without regard
// to case, because Profiles in the wild have AnnotateOnly and it works today.
type Spec struct {
	// AwsIamRole is the ARN of the role.
	AwsIamRole string `json:"awsIamRole"`
	// AnnotateOnly leaves IAM alone: nothing is called there, not even to read. The role's
	// trust policy is somebody else's to write.
	AnnotateOnly bool `json:"annotateOnly"`
	// ServiceAccounts may assume the role. By default default-editor alone. Those that do
	// not exist are created, without rights of their own inside the cluster.
	ServiceAccounts []string `json:"serviceAccounts"`
	// Audience is that of the tokens. By default sts.amazonaws.com.
	Audience string `json:"audience"`
	// StsRegionalEndpoints has pods use the STS endpoint of their region, or not. By
	// default the webhook decides.
	StsRegionalEndpoints *bool `json:"stsRegionalEndpoints"`
	// TokenExpirationSeconds is how long tokens in pods are valid; by default the webhook
	// decides, which takes 86400.
	TokenExpirationSeconds *int64 `json:"tokenExpirationSeconds"`
}

// The bounds of tokenExpirationSeconds are those of Kubernetes for projected tokens.
const (
	shortestExpiration = 600
	longestExpiration  = 1 << 32
)

// readSpec decodes and checks a spec. Errors are InvalidSpec errors.
func readSpec(raw []byte) (Spec, roleARN, error) {
	var s Spec
	if err := plugin.DecodeSpec(raw, &s); err != nil {
		return s, roleARN{}, err
	}
	if s.AwsIamRole == "" {
		return s, roleARN{}, plugin.InvalidSpec("awsIamRole", "is required: the ARN of the role that the Profile's pods shall have")
	}
	role, err := parseRoleARN("awsIamRole", s.AwsIamRole)
	if err != nil {
		return s, role, err
	}
	if s.ServiceAccounts, err = plugin.ServiceAccounts(s.ServiceAccounts); err != nil {
		return s, role, err
	}
	return s, role, s.check()
}

func (s Spec) check() error {
	if s.Audience != "" {
		if err := trustpolicy.CheckAudience(s.Audience); err != nil {
			return plugin.InvalidSpec("audience", "%s", err.Error())
		}
	}
	if e := s.TokenExpirationSeconds; e != nil && (*e < shortestExpiration || *e > longestExpiration) {
		return plugin.InvalidSpec("tokenExpirationSeconds", "%d is out of bounds; it must be from %d to %d", *e, shortestExpiration, longestExpiration)
	}
	return nil
}
