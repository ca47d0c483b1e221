package awsirsa

import (
	"errors"
	"fmt"
	"slices"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Codes of errors that the SDK has no type for (IAM API Reference, "Common Errors").
var (
	accessDenied = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
	badIdentity  = []string{"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "ExpiredToken",
		"ExpiredTokenException", "IncompleteSignature", "InvalidIdentityToken", "MissingAuthenticationToken", "OptInRequired"}
)

// explain turns an error of a request about a role into one for people. operation is the
// name of the request, such as GetRole.
func explain(role roleARN, operation string, err error) *plugin.Error {
	say := func(kind plugin.ErrorKind, reason, format string, details ...any) *plugin.Error {
		return &plugin.Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, details...), Cause: err}
	}
	code := codeOf(err)
	switch {
	case errors.Is(err, errAnotherAccount):
		return say(plugin.Refused, profilev1.ReasonRoleInAnotherAccount,
			"The role %s is not in the AWS account that this controller works in, or has another path. Correct awsIamRole; or set annotateOnly: true and write the role's trust policy by hand.", role.text)
	case errors.Is(err, trustpolicy.ErrPolicy), errors.Is(err, trustpolicy.ErrArgument):
		return say(plugin.Refused, profilev1.ReasonTrustPolicyInvalid, "The trust policy of %s was left alone: %s.", role.text, err)
	case errors.Is(err, awsclient.ErrNoCredentials):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing,
			"The controller has no AWS credentials. Give its ServiceAccount a role, by IRSA or EKS Pod Identity; or set annotateOnly: true and write the trust policy of %s by hand.", role.text)
	case code == "NoSuchEntity":
		return say(plugin.Refused, profilev1.ReasonIdentityNotFound,
			"AWS has no role %s. Create it, or correct awsIamRole.", role.text)
	case slices.Contains(accessDenied, code):
		return say(plugin.Refused, profilev1.ReasonPermissionMissing,
			"The controller may not call iam:%s on %s. Allow its own role iam:GetRole and iam:UpdateAssumeRolePolicy on this role; or set annotateOnly: true and write the role's trust policy by hand.", operation, role.text)
	case slices.Contains(badIdentity, code):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing,
			"AWS does not accept the controller's own credentials (%s). Give its ServiceAccount a role, by IRSA or EKS Pod Identity.", code)
	case code == "LimitExceeded":
		return say(plugin.Refused, profilev1.ReasonTrustPolicyLimitExceeded,
			"IAM says that the trust policy of %s would be too long, although it is within -aws-trust-policy-limit. Set that flag to the account's quota; have the quota raised; or spread the Profiles over more roles.", role.text)
	case code == "UnmodifiableEntity", code == "MalformedPolicyDocument":
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"IAM refused to change the trust policy of %s (%s). The controller's log has IAM's words. Correct the role; or set annotateOnly: true and write its trust policy by hand.", role.text, code)
	case throttled(err):
		return say(plugin.Waiting, profilev1.ReasonBinding, "IAM asks to be called less often; the trust policy of %s is waiting for its turn.", role.text)
	case code != "":
		return say(plugin.Waiting, profilev1.ReasonRetrying, "IAM could not do iam:%s on %s (%s); trying again.", operation, role.text, code)
	default:
		return say(plugin.Waiting, profilev1.ReasonRetrying, "IAM could not be reached for the role %s; trying again. The controller's log has the details.", role.text)
	}
}

// codeOf is the code of an answer that refuses, or empty. Servers that imitate IAM may answer
// in a form that the SDK cannot read.
func codeOf(err error) string {
	return awsclient.CodeOf(err, map[int]string{403: "AccessDenied", 404: "NoSuchEntity"})
}

func throttled(err error) bool { return awsclient.Throttled(codeOf(err)) }
