package azureworkloadidentity

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// operation is one of the requests that are sent.
type operation struct {
	// name is that of the metrics.
	name string
	// right is what the controller needs for it, as role definitions name it.
	right string
}

// The rights are those of the resource provider operations of Microsoft.ManagedIdentity.
var (
	getIdentity      = operation{"GetIdentity", "Microsoft.ManagedIdentity/userAssignedIdentities/read"}
	listCredentials  = operation{"ListCredentials", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"}
	putCredential    = operation{"CreateOrUpdateCredential", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"}
	deleteCredential = operation{"DeleteCredential", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete"}
)

// Codes of Resource Manager's own errors (Microsoft's page "Troubleshoot common Azure
// deployment errors"), where the status alone does not tell enough.
var (
	goneCodes         = []string{"ResourceNotFound", "ResourceGroupNotFound"}
	subscriptionCodes = []string{"SubscriptionNotFound", "InvalidSubscriptionId"}
)

// explain turns an error of a request about an identity into one for people.
func explain(id ResourceID, o operation, err error) *plugin.Error {
	say := func(kind plugin.ErrorKind, reason, format string, details ...any) *plugin.Error {
		return &plugin.Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, details...), Cause: err}
	}
	status, code := answerOf(err)
	switch {
	case errors.Is(err, errNoToken):
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing,
			"The controller gets no token for Azure. Give its ServiceAccount a managed identity, by Microsoft Entra Workload ID; or set annotateOnly: true and make the federated identity credential of %s by hand. The controller's log has the details.", id)
	case status == http.StatusUnauthorized:
		return say(plugin.Refused, profilev1.ReasonCredentialsMissing,
			"Azure does not accept the controller's own token (%s) for %s. Look whether its identity belongs to the tenant of that subscription, and restart the controller.", orStatus(code, status), id)
	case status == http.StatusForbidden && code == "RequestDisallowedByPolicy":
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"An Azure Policy forbids to change the federated identity credentials of %s. Have it exempted; or set annotateOnly: true and make the credential by hand.", id)
	case status == http.StatusForbidden:
		return say(plugin.Refused, profilev1.ReasonPermissionMissing,
			"The controller may not do %s on %s. Give its identity a role with that action on the resource group, which outlives the identity; or set annotateOnly: true and make the federated identity credential by hand.", o.right, id)
	case status == http.StatusNotFound && slices.Contains(subscriptionCodes, code):
		return say(plugin.Refused, profilev1.ReasonIdentityNotFound,
			"The controller's Azure credentials know no subscription %s. Correct identityResourceId, or give the controller's identity a role there.", id.Subscription)
	case status == http.StatusNotFound && o == getIdentity:
		return say(plugin.Refused, profilev1.ReasonIdentityNotFound,
			"Azure has no identity %s. Create it, or correct identityResourceId.", id)
	case status == http.StatusConflict && code == "ScopeLocked":
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"A lock in Azure forbids to change the federated identity credentials of %s. Remove the lock; or set annotateOnly: true and make the credential by hand.", id)
	case code == "MissingSubscriptionRegistration":
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"The subscription %s cannot have managed identities yet. Whoever owns it can register them: az provider register --subscription %s --namespace Microsoft.ManagedIdentity", id.Subscription, id.Subscription)
	case status == http.StatusBadRequest, status == http.StatusMethodNotAllowed:
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"Azure refused %s on %s (%s). The controller's log has Azure's words. Correct what they name; or set annotateOnly: true and make the federated identity credential by hand.", o.name, id, orStatus(code, status))
	default:
		return explainPassing(id, o, err, say)
	}
}

// explainPassing is explain for what goes by.
func explainPassing(id ResourceID, o operation, err error, say func(plugin.ErrorKind, string, string, ...any) *plugin.Error) *plugin.Error {
	status, code := answerOf(err)
	switch {
	case status == http.StatusTooManyRequests:
		return say(plugin.Waiting, profilev1.ReasonBinding,
			"Azure asks to be called less often; the federated identity credentials of %s are waiting for their turn.", id)
	case status == http.StatusConflict:
		return say(plugin.Waiting, profilev1.ReasonBinding,
			"Somebody else changes the federated identity credentials of %s at the same time; trying again.", id)
	case status != 0:
		return say(plugin.Waiting, profilev1.ReasonRetrying, "Azure could not do %s on %s (%s); trying again.", o.name, id, orStatus(code, status))
	default:
		return say(plugin.Waiting, profilev1.ReasonRetrying, "Azure could not be reached for the identity %s; trying again. The controller's log has the details.", id)
	}
}

// answerOf is the status and the code of Azure's answer, or nothing when there was none.
func answerOf(err error) (status int, code string) {
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return 0, ""
	}
	return answer.StatusCode, answer.ErrorCode
}

// orStatus names an error by its code, or by its status when something answered that is
// not Resource Manager.
func orStatus(code string, status int) string {
	if code == "" {
		return fmt.Sprintf("status %d", status)
	}
	return code
}

// gone tells whether an error of reading an identity proves that it does not exist. Only
// Resource Manager's own words do: something in between may answer 404 to anything, and a
// subscription that cannot be seen may still be there.
func gone(o operation, err error) bool {
	status, code := answerOf(err)
	return o == getIdentity && status == http.StatusNotFound && slices.Contains(goneCodes, code)
}

// maybeDone tells whether a request that failed may have been carried out all the same: when
// there was no answer, or one that does not say.
func maybeDone(err error) bool {
	status, _ := answerOf(err)
	return !errors.Is(err, errNoToken) && (status == 0 || status == http.StatusRequestTimeout || status >= http.StatusInternalServerError)
}

// longestPause bounds what Azure may ask for.
const longestPause = 10 * time.Minute

// pauseAsked is how long Azure asks to wait before the next request, in seconds or until a
// date (RFC 9110, Retry-After); 0 when it does not.
func pauseAsked(err error, now time.Time) time.Duration {
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || answer.RawResponse == nil {
		return 0
	}
	text := answer.RawResponse.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longestPause)
	}
	if date, err := http.ParseTime(text); err == nil {
		return min(max(date.Sub(now), 0), longestPause)
	}
	return 0
}

// resultOf is how a request is counted.
func resultOf(err error) string {
	status, code := answerOf(err)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errNoToken):
		return "no token"
	case status == http.StatusTooManyRequests:
		return "throttled"
	case status == 0:
		return "unreachable"
	default:
		return orStatus(code, status)
	}
}
