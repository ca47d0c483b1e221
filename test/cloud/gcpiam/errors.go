package gcpiam

import (
	"fmt"
	"net/http"
)

// apiError is an answer that refuses a request, in the fields of Google's error model
// (google.rpc.Status over HTTP).
type apiError struct {
	// code is the HTTP status.
	code    int
	message string
	// reason and metadata are those of an ErrorInfo, which is left out without a reason.
	reason   string
	metadata map[string]string
}

// Error is the answer in one line.
func (e apiError) Error() string { return fmt.Sprintf("%d: %s", e.code, e.message) }

// words are what Google calls the HTTP statuses: the canonical code of today, and the reason
// in the older form of errors, which IAM sends along.
var words = map[int]struct{ canonical, legacy string }{
	http.StatusBadRequest:          {"INVALID_ARGUMENT", "badRequest"},
	http.StatusUnauthorized:        {"UNAUTHENTICATED", "authError"},
	http.StatusForbidden:           {"PERMISSION_DENIED", "forbidden"},
	http.StatusNotFound:            {"NOT_FOUND", "notFound"},
	http.StatusConflict:            {"ABORTED", "aborted"},
	http.StatusTooManyRequests:     {"RESOURCE_EXHAUSTED", "rateLimitExceeded"},
	http.StatusInternalServerError: {"INTERNAL", "backendError"},
	http.StatusServiceUnavailable:  {"UNAVAILABLE", "backendError"},
}

func writeError(w http.ResponseWriter, e apiError) {
	body := map[string]any{
		"code": e.code, "message": e.message, "status": words[e.code].canonical,
		"errors": []map[string]string{{"message": e.message, "domain": "global", "reason": words[e.code].legacy}},
	}
	if e.reason != "" {
		body["details"] = []map[string]any{{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": e.reason, "domain": "iam.googleapis.com", "metadata": e.metadata}}
	}
	writeJSON(w, e.code, map[string]any{"error": body})
}

func invalidArgument(format string, details ...any) error {
	return apiError{code: http.StatusBadRequest, message: fmt.Sprintf(format, details...)}
}

func unauthenticated() apiError {
	return apiError{code: http.StatusUnauthorized,
		message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
		reason:  "ACCESS_TOKEN_EXPIRED", metadata: map[string]string{"service": "iam.googleapis.com"}}
}

// permissionReason is the reason of a missing permission.
const permissionReason = "IAM_PERMISSION_DENIED"

func permissionDenied(permission, resource string) apiError {
	return apiError{code: http.StatusForbidden,
		message: fmt.Sprintf("Permission '%s' denied on resource (or it may not exist).", permission),
		reason:  permissionReason, metadata: map[string]string{"permission": permission, "resource": resource}}
}

func unknownAccount(email string) apiError {
	return apiError{code: http.StatusNotFound, message: "Unknown service account: " + email}
}

func concurrentChange(sent, current []byte) apiError {
	return apiError{code: http.StatusConflict, message: fmt.Sprintf(
		"There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request's ETag '%s' did not match the current policy's ETag '%s'.",
		octal(sent), octal(current))}
}

// octal writes bytes as Google's messages do.
func octal(etag []byte) string {
	text := ""
	for _, b := range etag {
		text += fmt.Sprintf(`\%03o`, b)
	}
	return text
}
