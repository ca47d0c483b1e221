package awsroles

import (
	"strings"
	"testing"
)

func TestCause(t *testing.T) {
	pod := Pod{Namespace: "vision", Account: "default-editor", Role: "arn:aws:iam::123456789012:role/profiles/vision", Audience: "sts.amazonaws.com", Bucket: "ml-data"}
	narrow := pod
	narrow.Prefix = "vision/"
	tests := []struct {
		action        Action
		pod           Pod
		code, message string
		begins        string
	}{
		{Annotate, pod, "", "", "The controller has not bound the role"},
		{RequestToken, pod, "", "forbidden", "Your user may not create serviceaccounts/token in the namespace vision"},
		{Assume, pod, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x", "Wrong account, or no OIDC provider: the account 123456789012 "},
		{Assume, pod, "InvalidIdentityToken", "Incorrect token audience", "Audience: the account's OIDC provider does not take sts.amazonaws.com."},
		{Assume, pod, "InvalidIdentityToken", "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint", "Thumbprint: "},
		{Assume, pod, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider", "Keys: "},
		{Assume, pod, "InvalidIdentityToken", "something new", "See AWS's documentation of the error InvalidIdentityToken."},
		{Assume, pod, "IDPCommunicationError", "", "AWS cannot reach the issuer."},
		{Assume, pod, "ExpiredTokenException", "", "The clocks"},
		{Assume, pod, "AccessDenied", "", "Subject: the trust policy of the role does not let system:serviceaccount:vision:default-editor with the audience sts.amazonaws.com in"},
		{Assume, pod, "RegionDisabledException", "", "STS is not active in this region."},
		{Assume, pod, "ValidationError", "", "The ARN of the role is not one."},
		{Assume, pod, "", "dial tcp: i/o timeout", "AWS could not be reached."},
		{Identify, pod, "Throttling", "", "See AWS's documentation of the error Throttling."},
		{ReachBucket, pod, "AccessDenied", "", "Missing permission: the role may not s3:ListBucket on arn:aws:s3:::ml-data as a whole"},
		{ReachBucket, narrow, "AccessDenied", "", "Missing permission: the role may not s3:ListBucket on arn:aws:s3:::ml-data for the prefix vision/"},
		{ReachBucket, pod, "NoSuchBucket", "", "There is no such bucket."},
		{ReachBucket, pod, "PermanentRedirect", "", "The bucket is in another region."},
		{ReachBucket, pod, "", "", "S3 could not be reached."},
		{ReachBucket, pod, "SlowDown", "", "See AWS's documentation of the error SlowDown."},
	}
	for _, test := range tests {
		if got := Cause(test.action, test.pod, test.code, test.message); !strings.HasPrefix(got, test.begins) {
			t.Errorf("%d %s %q: %s", test.action, test.code, test.message, got)
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
