package awsirsa

import (
	"errors"
	"fmt"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// TagKey is the tag of a role that names the Profile that may have it, or '*' for all.
const TagKey = "kubeflow.org/profile"

// untagged refuses a wish for a role that is not tagged for the Profile, where tags are
// required. Taking back is always allowed.
func (c roles) untagged(found reading, w wish) error {
	if !c.requireTag || !w.present {
		return nil
	}
	if tag, tagged := found.tags[TagKey]; tagged && (tag == "*" || tag == w.profile) {
		return nil
	}
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonRoleNotTagged, Message: fmt.Sprintf(
		"The role %s does not have the tag %s=%s (or =*), which this controller requires (-aws-require-role-tag). Whoever owns the role can add it: aws iam tag-role --role-name %s --tags Key=%s,Value=%s",
		found.role.text, TagKey, w.profile, found.role.name, TagKey, w.profile)}
}

// full tells that there is no room for a subject, and the ways out.
func full(role roleARN, policy []byte, g grant, limit int) error {
	named := 0
	if admitted, err := trustpolicy.Subjects(policy, g.provider); err == nil {
		named = len(admitted.Exact)
	}
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonTrustPolicyLimitExceeded, Message: fmt.Sprintf(
		"The trust policy of %s has no room for %s: the %d subjects of this cluster that it names are as many as fit into %d characters. Ways out: have AWS raise the quota for the length of trust policies and set -aws-trust-policy-limit to it; spread the Profiles over more roles; or use EKS Pod Identity.",
		role.text, g.subject, named, limit)}
}

// maybeDone tells whether a request that failed may have been carried out all the same: when
// there was no answer, which the SDK gives the status 0, or one that does not say.
func maybeDone(err error) bool {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return true
	}
	status := response.HTTPStatusCode()
	return status == 0 || status >= 500 && !throttled(err)
}
