package eks

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/cloud/sigv4"
)

func refusal(status int, code, format string, args ...any) error {
	return faults.Refusal{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return refusal(http.StatusBadRequest, "BadRequestException", format, args...)
}

func invalidParameter(format string, args ...any) error {
	return refusal(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

func notFound(format string, args ...any) error {
	return refusal(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func accessDenied(err error) error {
	return refusal(http.StatusForbidden, "AccessDeniedException", "%v", err)
}

// unauthenticated is how services that speak JSON refuse a signature (AWS General
// Reference, "Common error types"); IAM and STS have other words for the same.
func unauthenticated(err error) error {
	switch {
	case errors.Is(err, sigv4.ErrMissing):
		return refusal(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
	case errors.Is(err, sigv4.ErrIncomplete):
		return refusal(http.StatusForbidden, "IncompleteSignatureException", "%v", err)
	case errors.Is(err, iamsts.ErrUnknownKey):
		return refusal(http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
	case errors.Is(err, iamsts.ErrExpired):
		return refusal(http.StatusForbidden, "ExpiredTokenException", "The security token included in the request is expired")
	default:
		return refusal(http.StatusForbidden, "InvalidSignatureException", "%v", err)
	}
}

// Throttle answers as EKS does when too much is asked of it.
func Throttle() faults.Fault {
	return faults.Fail(http.StatusTooManyRequests, "ThrottlingException", "Rate exceeded")
}

// ServerError answers 500 and does nothing.
func ServerError() faults.Fault {
	return faults.Fail(http.StatusInternalServerError, "ServerException", "Internal server error")
}

// AccessDenied answers as if no policy of the caller allowed the action.
func AccessDenied() faults.Fault {
	return faults.Fail(http.StatusForbidden, "AccessDeniedException", "User is not authorized to perform this action")
}

// writeError gives the error its type in the header, where the SDK looks first.
func writeError(w http.ResponseWriter, err error) {
	var r faults.Refusal
	if !errors.As(err, &r) {
		r = faults.Refusal{Status: http.StatusInternalServerError, Code: "ServerException", Message: err.Error()}
	}
	w.Header().Set("X-Amzn-ErrorType", r.Code)
	write(w, r.Status, map[string]string{"message": r.Message})
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-RequestId", rand.Text())
	w.WriteHeader(status)
	// Who hung up does not want the answer.
	_, _ = w.Write(text)
}
