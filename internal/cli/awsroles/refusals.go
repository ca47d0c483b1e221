package awsroles

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
)

// Explain adds to an error of AWS what to do about it. The action is what was asked for, such as
// iam:ListRoles. Errors that do not explain themselves better this way stay as they are.
func Explain(err error, action string) error {
	if err == nil {
		return nil
	}
	if advice := adviceOn(awsclient.CodeOf(err, map[int]string{http.StatusForbidden: "AccessDenied"}), err.Error(), action); advice != "" {
		return fmt.Errorf("%w\n%s", err, advice)
	}
	return err
}

// ExplainIAM is Explain for errors of IAM's client, which know what was asked for.
func ExplainIAM(err error) error {
	if failed, ok := errors.AsType[*smithy.OperationError](err); ok && failed.Service() == iam.ServiceID {
		return Explain(err, "iam:"+failed.Operation())
	}
	return err
}

// adviceOn says what to do about a refusal. The codes are the common errors of AWS's APIs, and
// those of IAM's API Reference.
func adviceOn(code, message, action string) string {
	switch code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return "Your AWS credentials may not call " + action + ". Have it allowed, or use other credentials (AWS_PROFILE); docs/aws.md lists what each command needs."
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return "Your AWS credentials have expired. Log in again, for example with aws sso login."
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure":
		return "AWS does not take your credentials. Log in again; in China and GovCloud, name a region of there with --region."
	case "LimitExceeded", "LimitExceededException":
		if strings.Contains(message, "ACLSizePerRole") {
			return "Have the quota of the account for the length of trust policies raised, or spread the Profiles over more roles."
		}
		return "Have this quota of the account raised in AWS's Service Quotas."
	}
	if awsclient.Throttled(code) {
		return "Too much is asked of the account at the moment. Run the command again in a minute."
	}
	return ""
}
