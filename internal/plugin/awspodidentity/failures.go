package awspodidentity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// badIdentity are codes of errors about the controller's own credentials, for which the
// SDK has no types (AWS General Reference, "Common error types").
var badIdentity = []string{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
	"ExpiredTokenException", "ExpiredToken", "IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException",
	"MissingAuthenticationToken", "NotAuthorized", "OptInRequired"}

// The words by which refusals of a role are told apart, since all have the one code
// InvalidParameterException. Where AWS changes them, the general sentence is said.
const (
	saysNoRole       = "does not exist"
	saysTrust        = "rust policy"
	saysOtherAccount = "ross-account"
)

// explain turns an error of a request for a wish into one for people. A refusal is about
// the role or the cluster and does not name the account, since all who have them in common
// are told the same.
func explain(w wish, err error) *plugin.Error {
	say := func(kind plugin.ErrorKind, reason, format string, details ...any) *plugin.Error {
		return &plugin.Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, details...), Cause: err}
	}
	code := codeOf(err)
	switch {
	case errors.Is(err, errNotYet):
		return say(plugin.Retry, profilev1.ReasonBinding, "The Pod Identity association of %s waits for its turn: requests to EKS are rationed (-aws-eks-requests-per-second).", w.account)
	case errors.Is(err, errNotAsAsked):
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"EKS did not give the Pod Identity association of %s the role and target role that spec.plugins asks for. Delete the association; it is then made anew.", w.account)
	case throttled(err):
		return say(plugin.Retry, profilev1.ReasonBinding, "EKS asks to be called less often; the Pod Identity association of %s is tried again.", w.account)
	case errors.Is(err, errOutdated):
		return say(plugin.Retry, profilev1.ReasonBinding, "EKS does not show yet what the controller just changed about %s; looking again.", w.account)
	case code == "AccessDeniedException" && deniedOnRole(err) != "":
		return say(plugin.Refused, profilev1.ReasonPermissionMissing,
			"The controller may not call %s on %s, without which EKS does not associate the role. Allow it in the policy of the controller's own role.", deniedOnRole(err), w.role)
	case code == "ResourceNotFoundException":
		return clusterNotFound(w.cluster, err)
	case code == "InvalidParameterException":
		return aboutRole(w, say, err)
	case code == "ResourceLimitExceededException":
		return say(plugin.Refused, profilev1.ReasonAssociationLimitExceeded,
			"The cluster %s has as many Pod Identity associations as AWS allows, so no more could be made. Have AWS raise the quota for associations in a cluster, or delete some.", w.cluster)
	case code == "ResourceInUseException", code == "ResourcePropagationDelayException", code == "InvalidRequestException":
		return say(plugin.Retry, profilev1.ReasonRetrying, "EKS is still busy with the Pod Identity association of %s or with the cluster %s (%s); trying again.", w.account, w.cluster, code)
	}
	return explainAny(operationOf(err), "the cluster "+w.cluster, err)
}

// aboutRole tells what is wrong with a role that EKS does not associate.
func aboutRole(w wish, say func(plugin.ErrorKind, string, string, ...any) *plugin.Error, err error) *plugin.Error {
	switch text := err.Error(); {
	case strings.Contains(text, saysNoRole):
		return say(plugin.Refused, profilev1.ReasonIdentityNotFound, "AWS has no role %s. Create it, or correct roleArn.", w.role)
	case strings.Contains(text, saysTrust):
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"The role %s does not trust EKS Pod Identity. Its trust policy must allow the service pods.eks.amazonaws.com the actions sts:AssumeRole and sts:TagSession.", w.role)
	case strings.Contains(text, saysOtherAccount):
		return say(plugin.Refused, profilev1.ReasonRoleInAnotherAccount,
			"The role %s is not in the AWS account of the cluster %s. Name a role of this account in roleArn, and the other one in targetRoleArn.", w.role, w.cluster)
	default:
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"EKS refused the role %s or its target role (InvalidParameterException). The controller's log has its words. Correct roleArn or targetRoleArn.", w.role)
	}
}

func clusterNotFound(cluster string, err error) *plugin.Error {
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonClusterNotFound, Cause: err, Message: fmt.Sprintf(
		"EKS has no cluster %s in the account and region that this controller works in. Correct -aws-eks-cluster, or AWS_REGION in the controller's environment.", cluster)}
}

// explainAny explains what can go wrong with any request. about says what it was for.
func explainAny(operation, about string, err error) *plugin.Error {
	say := func(kind plugin.ErrorKind, reason, format string, details ...any) *plugin.Error {
		return &plugin.Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, details...), Cause: err}
	}
	code := codeOf(err)
	switch {
	case errors.Is(err, errNotYet), throttled(err):
		return say(plugin.Retry, profilev1.ReasonBinding, "EKS is asked too much at present; %s waits for its turn.", about)
	case errors.Is(err, awsclient.ErrNoCredentials):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing, "The controller has no AWS credentials. Give its ServiceAccount a role, by EKS Pod Identity or IRSA.")
	case errors.Is(err, errNoRegion):
		return say(plugin.Refused, profilev1.ReasonClusterNotFound, "The controller does not know in which AWS region the cluster is. Set AWS_REGION in its environment.")
	case code == "AccessDeniedException":
		return say(plugin.Refused, profilev1.ReasonPermissionMissing,
			"The controller may not call eks:%s for %s. Allow it in the policy of the controller's own role.", operation, about)
	case slices.Contains(badIdentity, code):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing,
			"AWS does not accept the controller's own credentials (%s). Give its ServiceAccount a role, by EKS Pod Identity or IRSA.", code)
	case code == "BadRequestException", code == "ClientException", code == "NotFoundException":
		return say(plugin.Refused, profilev1.ReasonIdentityRejected, "EKS refused eks:%s for %s (%s). The controller's log has its words.", operation, about, code)
	case code != "":
		return say(plugin.Retry, profilev1.ReasonRetrying, "EKS could not do eks:%s for %s (%s); trying again.", operation, about, code)
	default:
		return say(plugin.Retry, profilev1.ReasonRetrying, "EKS could not be reached for %s; trying again. The controller's log has the details.", about)
	}
}

// deniedOnRole is the action on the role that the controller is not allowed, which EKS
// asks for on its behalf, or empty.
func deniedOnRole(err error) string {
	for _, action := range []string{"iam:PassRole", "iam:GetRole"} {
		if strings.Contains(err.Error(), action) {
			return action
		}
	}
	return ""
}

// codeOf is the code of an answer that refuses, or empty. A proxy may answer in the place of
// EKS.
func codeOf(err error) string {
	return awsclient.CodeOf(err, map[int]string{403: "AccessDeniedException", 429: "ThrottlingException"})
}

func throttled(err error) bool { return awsclient.Throttled(codeOf(err)) }

// String names the account for people.
func (a account) String() string {
	return fmt.Sprintf("the service account %s of the namespace %s", a.name, a.namespace)
}
