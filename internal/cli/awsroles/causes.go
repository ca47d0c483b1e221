package awsroles

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// Action is a step of a Verification.
type Action int

// The steps of a Verification, in order.
const (
	Annotate Action = iota
	RequestToken
	Assume
	Identify
	ReachBucket
)

// codeOf is the code by which AWS names an error, or empty.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// Cause returns the likely cause of a failure, and what to do, from what a step says: AWS's code
// and message. The codes are those of the API references of STS and S3.
func Cause(action Action, p Pod, code, message string) string {
	switch action {
	case Annotate:
		return fmt.Sprintf("The controller has not bound the role, or somebody changed the annotation. See what it says: kubectl profile describe %s", p.Namespace)
	case RequestToken:
		return fmt.Sprintf("Your user may not create serviceaccounts/token in the namespace %s, or the account is gone.", p.Namespace)
	case ReachBucket:
		return bucketCause(p, code)
	default:
		return tokenCause(p, code, message)
	}
}

// tokenCause explains why STS does not give the role, or another one.
func tokenCause(p Pod, code, message string) string {
	says := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(strings.ToLower(message), word) {
				return true
			}
		}
		return false
	}
	switch {
	case code == "InvalidIdentityToken" && says("no openidconnect provider"):
		return fmt.Sprintf("Wrong account, or no OIDC provider: the account %s does not know this cluster's issuer. If it is the right account: kubectl profile aws setup", accountOf(p.Role))
	case code == "InvalidIdentityToken" && says("audience"):
		return fmt.Sprintf("Audience: the account's OIDC provider does not take %s. Add it: aws iam add-client-id-to-open-id-connect-provider --client-id %s --open-id-connect-provider-arn …", p.Audience, p.Audience)
	case code == "InvalidIdentityToken" && says("thumbprint", "certificate"):
		return "Thumbprint: the certificate of the issuer has changed. Set the new one: aws iam update-open-id-connect-provider-thumbprint"
	case code == "InvalidIdentityToken" && says("verification key"):
		return "Keys: AWS did not find the key of the token among those that the issuer publishes. Check that <issuer>/.well-known/openid-configuration leads to the keys of this cluster."
	case code == "IDPCommunicationError":
		return "AWS cannot reach the issuer. It must be served over https on the internet."
	case code == "ExpiredTokenException":
		return "The clocks of the cluster and of AWS differ."
	case code == "AccessDenied":
		return fmt.Sprintf("Subject: the trust policy of the role does not let system:serviceaccount:%s:%s with the audience %s in, or there is no such role. If it was just bound, IAM needs some seconds. Else: kubectl profile describe %s, kubectl profile aws audit",
			p.Namespace, p.Account, p.Audience, p.Namespace)
	case code == "RegionDisabledException":
		return "STS is not active in this region. Choose another one with --region."
	case code == "ValidationError":
		return "The ARN of the role is not one. Correct awsIamRole in the Profile."
	case code == "":
		return "AWS could not be reached. Check the network, and --region."
	default:
		return "See AWS's documentation of the error " + code + "."
	}
}

// bucketCause explains why a bucket is not reached.
func bucketCause(p Pod, code string) string {
	switch code {
	case "AccessDenied", "Forbidden":
		what := "arn:aws:s3:::" + p.Bucket
		if p.Prefix == "" {
			return fmt.Sprintf("Missing permission: the role may not s3:ListBucket on %s as a whole (if only for a prefix, give --prefix), or the bucket's own policy or key is against it.", what)
		}
		return fmt.Sprintf("Missing permission: the role may not s3:ListBucket on %s for the prefix %s, or the bucket's own policy or key is against it.", what, p.Prefix)
	case "NoSuchBucket", "NotFound":
		return "There is no such bucket."
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "MovedPermanently", "IllegalLocationConstraintException":
		return "The bucket is in another region. Give that with --region."
	case "":
		return "S3 could not be reached. Check the network, and --region."
	default:
		return "See AWS's documentation of the error " + code + "."
	}
}

// accountOf is the account in an ARN, or empty.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}
