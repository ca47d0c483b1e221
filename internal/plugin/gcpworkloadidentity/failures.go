package gcpworkloadidentity

import (
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/compute/metadata"
	"google.golang.org/api/googleapi"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// say makes an error for people.
func say(kind plugin.ErrorKind, reason string, cause error, format string, details ...any) *plugin.Error {
	return &plugin.Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, details...), Cause: cause}
}

const (
	getMethod = "iam.serviceAccounts.getIamPolicy"
	setMethod = "iam.serviceAccounts.setIamPolicy"
)

// explain turns an error of a request about a Google service account into one for people.
// method is the permission that the request needs.
func explain(email, method string, err error) *plugin.Error {
	if errors.Is(err, errPolicy) {
		return say(plugin.Refused, profilev1.ReasonAllowPolicyInvalid, err,
			"The allow policy of %s was left alone: %s. Upgrade the controller; or set annotateOnly: true and write the policy by hand.", email, err)
	}
	if why := explainCredentials(err); why != nil {
		return why
	}
	a := answerOf(err)
	switch {
	case a.code == 0:
		return say(plugin.Waiting, profilev1.ReasonRetrying, err, "Google IAM could not be reached for %s; trying again. The controller's log has the details.", email)
	case a.throttled():
		return say(plugin.Waiting, profilev1.ReasonBinding, err, "Google IAM asks to be called less often; the policy of %s is waiting for its turn.", email)
	case a.code == http.StatusConflict:
		return say(plugin.Waiting, profilev1.ReasonRetrying, err, "Somebody else is changing the policy of %s at the same time; trying again.", email)
	case a.code == http.StatusUnauthorized:
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing, err,
			"Google IAM does not accept the controller's own credentials. Give its ServiceAccount a Google service account, by Workload Identity.")
	case a.code == http.StatusForbidden:
		return explainForbidden(email, method, a, err)
	case a.code == http.StatusNotFound && a.isIAMs:
		return say(plugin.Refused, profilev1.ReasonIdentityNotFound, err, "Google has no service account %s. Create it, or correct gcpServiceAccount.", email)
	case a.code == http.StatusBadRequest && a.isIAMs:
		return say(plugin.Refused, profilev1.ReasonIdentityRejected, err,
			"Google IAM refused to change the policy of %s (%s). The controller's log has IAM's words. Correct the policy; or set annotateOnly: true and write it by hand.", email, a.status())
	default:
		return say(plugin.Waiting, profilev1.ReasonRetrying, err, "Google IAM could not do %s on %s (%s); trying again.", method, email, a.status())
	}
}

func explainForbidden(email, method string, a answer, err error) *plugin.Error {
	if a.reason == "SERVICE_DISABLED" || a.reason == "accessNotConfigured" {
		return say(plugin.Refused, profilev1.ReasonPermissionMissing, err,
			"The IAM API is not enabled in the project of the controller's own credentials. Enable it: gcloud services enable iam.googleapis.com --project=PROJECT")
	}
	return say(plugin.Refused, profilev1.ReasonPermissionMissing, err,
		"The controller may not call %s on %s (%s), or there is no such account. Give the controller's own Google service account a role on it that has %s and %s, such as roles/iam.serviceAccountAdmin; or set annotateOnly: true and write the policy by hand.",
		method, email, a.status(), getMethod, setMethod)
}

// explainCredentials is why a request was not even sent, or nil.
func explainCredentials(err error) *plugin.Error {
	switch {
	case errors.Is(err, errNoCredentials):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing, err,
			"The controller has no Google credentials. Give its ServiceAccount a Google service account, by Workload Identity; or set annotateOnly: true and write the policy by hand.")
	case !errors.Is(err, errNoToken):
		return nil
	case refusesToken(err):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing, err,
			"Google gives the controller no access token for its own credentials. Correct them, or give its ServiceAccount a Google service account, by Workload Identity. The controller's log has Google's words.")
	default:
		return say(plugin.Waiting, profilev1.ReasonRetrying, err,
			"Google's endpoint for access tokens could not be reached; trying again. The controller's log has the details.")
	}
}

// refusesToken tells whether whoever gives access tokens said no, and will again.
func refusesToken(err error) bool {
	status := 0
	if refusal, ok := errors.AsType[*auth.Error](err); ok && refusal.Response != nil {
		status = refusal.Response.StatusCode
	}
	if refusal, ok := errors.AsType[*metadata.Error](err); ok {
		status = refusal.Code
	}
	_, undefined := errors.AsType[metadata.NotDefinedError](err)
	return undefined || status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// answer is what matters of an error that IAM answered with.
type answer struct {
	// code is the HTTP status, or 0 when there was no answer.
	code int
	// reason is that of Google's ErrorInfo, or of the older form of its errors.
	reason string
	// isIAMs is false for answers in a form that IAM does not have, such as a proxy's.
	isIAMs bool
}

func answerOf(err error) answer {
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return answer{}
	}
	a := answer{code: e.Code, isIAMs: e.Message != ""}
	if len(e.Errors) > 0 {
		a.reason = e.Errors[0].Reason
	}
	for _, detail := range e.Details {
		if info, ok := detail.(map[string]any); ok && info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo" {
			a.reason, _ = info["reason"].(string)
		}
	}
	return a
}

// status is the HTTP status for people, with the reason if there is one.
func (a answer) status() string {
	if a.reason == "" {
		return fmt.Sprintf("HTTP status %d", a.code)
	}
	return fmt.Sprintf("HTTP status %d, %s", a.code, a.reason)
}

// throttled tells whether Google asks to be called less often. Some quotas answer 403.
func (a answer) throttled() bool {
	switch a.reason {
	case "RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded":
		return true
	default:
		return a.code == http.StatusTooManyRequests
	}
}

// notDone tells whether a request that failed was surely not carried out: it was not sent,
// or was refused.
func notDone(err error) bool {
	code := answerOf(err).code
	return explainCredentials(err) != nil || code >= 400 && code < 500
}

// resultOf is how a request is counted.
func resultOf(err error) string {
	a := answerOf(err)
	switch {
	case err == nil:
		return "ok"
	case explainCredentials(err) != nil:
		return "no-credentials"
	case a.code == 0:
		return "unreachable"
	case a.throttled():
		return "throttled"
	case a.code == http.StatusConflict:
		return "conflict"
	default:
		return fmt.Sprint(a.code)
	}
}
