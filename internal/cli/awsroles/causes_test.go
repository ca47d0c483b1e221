package awsroles

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// refusal is how the SDK tells what AWS answers.
func refusal(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message}
}

func TestCause(t *testing.T) {
	pod := Pod{Namespace: "vision", Account: "default-editor", Role: "arn:aws:iam::123456789012:role/profiles/vision", Audience: "sts.amazonaws.com", Bucket: "ml-data"}
	narrow := pod
	narrow.Prefix = "vision/"
	china := pod
	china.Role = "arn:aws-cn:iam::123456789012:role/vision"
	accounts, network := schema.GroupResource{Resource: "serviceaccounts"}, errors.New("dial tcp: i/o timeout")
	tests := []struct {
		action Action
		pod    Pod
		err    error
		begins string
	}{
		{Annotate, pod, otherAnnotation{}, "The controller has not bound the role"},
		{Annotate, pod, apierrors.NewNotFound(accounts, "default-editor"), "There is no such service account yet. See what the controller says: kubectl profile describe vision"},
		{Annotate, pod, apierrors.NewForbidden(accounts, "default-editor", nil), "Your user may not get serviceaccounts in the namespace vision"},
		{Annotate, pod, network, "The cluster could not be reached. Check the network, and the current context."},
		{RequestToken, pod, apierrors.NewForbidden(accounts, "default-editor", nil), "Your user may not create serviceaccounts/token in the namespace vision"},
		{RequestToken, pod, apierrors.NewNotFound(accounts, "default-editor"), "The service account is gone meanwhile."},
		{RequestToken, pod, apierrors.NewUnauthorized("who?"), "The cluster does not know you."},
		{RequestToken, pod, apierrors.NewBadRequest("not for this audience"), "The cluster says why it refuses."},
		{RequestToken, pod, network, "The cluster could not be reached."},
		{Assume, pod, refusal("InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x"), "Wrong account, or no OIDC provider: the account 123456789012 "},
		{Assume, pod, refusal("InvalidIdentityToken", "Incorrect token audience"), "Audience: the account's OIDC provider does not take sts.amazonaws.com."},
		{Assume, pod, refusal("InvalidIdentityToken", "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"), "Thumbprint: "},
		{Assume, pod, refusal("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"), "Keys: "},
		{Assume, pod, refusal("InvalidIdentityToken", "something new"), "See AWS's documentation of the error InvalidIdentityToken."},
		{Assume, pod, refusal("IDPCommunicationError", ""), "AWS cannot reach the issuer."},
		{Assume, pod, refusal("ExpiredTokenException", ""), "The clocks"},
		{Assume, pod, refusal("AccessDenied", ""), "Subject: the trust policy of the role does not let system:serviceaccount:vision:default-editor with the audience sts.amazonaws.com in"},
		{Assume, pod, refusal("RegionDisabledException", ""), "STS is not active in this region."},
		{Assume, pod, refusal("ValidationError", ""), "The ARN of the role is not one."},
		{Assume, pod, network, "AWS could not be reached."},
		{Identify, pod, otherIdentity{}, "The Profile names the role in another way than AWS does. Compare awsIamRole with what this shows"},
		{Identify, pod, network, "AWS could not be reached."},
		{Identify, pod, refusal("AccessDenied", ""), "See AWS's documentation of the error AccessDenied."},
		{Identify, pod, refusal("Throttling", ""), "See AWS's documentation of the error Throttling."},
		{ReachBucket, pod, refusal("AccessDenied", ""), "Missing permission: the role may not s3:ListBucket on arn:aws:s3:::ml-data as a whole"},
		{ReachBucket, narrow, refusal("AccessDenied", ""), "Missing permission: the role may not s3:ListBucket on arn:aws:s3:::ml-data for the prefix vision/"},
		{ReachBucket, china, refusal("AccessDenied", ""), "Missing permission: the role may not s3:ListBucket on arn:aws-cn:s3:::ml-data as a whole"},
		{ReachBucket, pod, refusal("NoSuchBucket", ""), "There is no such bucket."},
		{ReachBucket, pod, refusal("PermanentRedirect", ""), "The bucket is in another region."},
		{ReachBucket, pod, network, "S3 could not be reached."},
		{ReachBucket, pod, refusal("SlowDown", ""), "See AWS's documentation of the error SlowDown."},
	}
	for _, test := range tests {
		if got := Cause(test.action, test.pod, test.err); !strings.HasPrefix(got, test.begins) {
			t.Errorf("%s %v: %s", test.action, test.err, got)
		}
	}
}

func TestSessionOf(t *testing.T) {
	for role, want := range map[string]string{
		"arn:aws:iam::123456789012:role/vision":             "arn:aws:sts::123456789012:assumed-role/vision/kubectl-profile",
		"arn:aws-cn:iam::123456789012:role/a/b/vision":      "arn:aws-cn:sts::123456789012:assumed-role/vision/kubectl-profile",
		"arn:aws-us-gov:iam::123456789012:role/iam:/vision": "arn:aws-us-gov:sts::123456789012:assumed-role/vision/kubectl-profile",
	} {
		if got := sessionOf(role); got != want {
			t.Errorf("of %s: %s", role, got)
		}
	}
}
