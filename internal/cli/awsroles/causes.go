package awsroles

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Action is a step of a Verification.
type Action string

// The steps of a Verification, in order.
const (
	Annotate     Action = "annotation"
	RequestToken Action = "token"
	Assume       Action = "role"
	Identify     Action = "identity"
	ReachBucket  Action = "bucket"
)

// otherAnnotation is the role that a service account is annotated with instead of its own.
type otherAnnotation struct{ role string }

// Error says what the annotation is.
func (o otherAnnotation) Error() string {
	return fmt.Sprintf("its annotation %s is %q", AnnotationRole, o.role)
}

// otherIdentity is who AWS says that one is instead of the role.
type otherIdentity struct{ is, want string }

// Error says who one is.
func (o otherIdentity) Error() string {
	return fmt.Sprintf("AWS says that it is %s, not %s", o.is, o.want)
}

// codeOf is the code by which AWS names an error, or empty.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// Cause returns the likely cause of a failure, and what to do. The codes of AWS are those of the API
// references of STS and S3.
func Cause(action Action, p Pod, err error) string {
	code := codeOf(err)
	switch action {
	case Annotate:
		return annotationCause(p, err)
	case RequestToken:
		return requestCause(p, err)
	case Identify:
		return identityCause(code, err)
	case ReachBucket:
		return bucketCause(p, code)
	default:
		return tokenCause(p, code, err.Error())
	}
}

// annotationCause explains why a service account has not been read, or another role.
func annotationCause(p Pod, err error) string {
	_, other := errors.AsType[otherAnnotation](err)
	switch {
	case other:
		return fmt.Sprintf("The controller has not bound the role, or somebody changed the annotation. See what it says: kubectl profile describe %s", p.Namespace)
	case apierrors.IsNotFound(err):
		return fmt.Sprintf("There is no such service account yet. See what the controller says: kubectl profile describe %s", p.Namespace)
	default:
		return clusterCause(p, "get serviceaccounts", err)
	}
}

// requestCause explains why the cluster issues no token.
func requestCause(p Pod, err error) string {
	if apierrors.IsNotFound(err) {
		return "The service account is gone meanwhile. Run the command again."
	}
	return clusterCause(p, "create serviceaccounts/token", err)
}

// clusterCause explains why the API server does not do something.
func clusterCause(p Pod, action string, err error) string {
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("Your user may not %s in the namespace %s. Ask an admin of the cluster for this right.", action, p.Namespace)
	case apierrors.IsUnauthorized(err):
		return "The cluster does not know you. Log in to it again."
	case apierrors.ReasonForError(err) == metav1.StatusReasonUnknown:
		return "The cluster could not be reached. Check the network, and the current context."
	default:
		return "The cluster says why it refuses."
	}
}

// identityCause explains why AWS does not say that one is the role.
func identityCause(code string, err error) string {
	_, other := errors.AsType[otherIdentity](err)
	switch {
	case other:
		return "The Profile names the role in another way than AWS does. Compare awsIamRole with what this shows, upper and lower case too: aws iam get-role --role-name NAME --query Role.Arn"
	case code == "":
		return unreachable
	default:
		return documented(code)
	}
}

// unreachable is said when AWS has not answered.
const unreachable = "AWS could not be reached. Check the network, and --region."

// documented is said of codes that are not known here.
func documented(code string) string { return "See AWS's documentation of the error " + code + "." }

// tokenCause explains why STS does not give the role.
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
		return unreachable
	default:
		return documented(code)
	}
}

// bucketCause explains why a bucket is not reached.
func bucketCause(p Pod, code string) string {
	switch code {
	case "AccessDenied", "Forbidden":
		what := "arn:" + cmp.Or(partitionOf(p.Role), "aws") + ":s3:::" + p.Bucket
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
		return documented(code)
	}
}

// accountOf is the account in an ARN, or empty.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}
