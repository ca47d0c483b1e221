package caller

import (
	"errors"
	"net/http"
)

// Reason is a refusal in one word, for metrics and the audit log.
type Reason string

// The reasons for a refusal.
const (
	ReasonNoCredential        Reason = "NoCredential"
	ReasonUntrustedUserHeader Reason = "UntrustedUserHeader"
	ReasonMalformedUserHeader Reason = "MalformedUserHeader"
	ReasonMalformedClientCert Reason = "MalformedClientCert"
	ReasonMalformedToken      Reason = "MalformedToken"
	ReasonUnknownIssuer       Reason = "UnknownIssuer"
	ReasonExpiredToken        Reason = "ExpiredToken"
	ReasonInvalidToken        Reason = "InvalidToken"
	ReasonUnusableName        Reason = "UnusableName"
	ReasonDisagreement        Reason = "CredentialsDisagree"
	ReasonUnavailable         Reason = "VerifierUnavailable"
)

// Refusal is why a request was turned away before anybody asked what it wants. A 401 should
// go out with the header "WWW-Authenticate: Bearer".
type Refusal struct {
	// Status is 400, 401, 403 or 503.
	Status int
	Reason Reason
	// Message is for the client: a sentence that says what to do. It holds nothing that the
	// client did not send itself.
	Message string
	// Cause is for the log. It may hold names, addresses and the words of other programs.
	// May be nil.
	Cause error
}

// Error is for the log.
func (r *Refusal) Error() string {
	if r.Cause == nil {
		return r.Message
	}
	return r.Message + ": " + r.Cause.Error()
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

func malformedHeader(message string, cause error) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Reason: ReasonMalformedUserHeader, Message: message, Cause: cause}
}

func badToken(reason Reason, message string, cause error) *Refusal {
	return &Refusal{Status: http.StatusUnauthorized, Reason: reason, Message: message, Cause: cause}
}

func invalidToken(cause error) *Refusal {
	return badToken(ReasonInvalidToken, "The bearer token is not valid here. Get a new one from the identity provider that this API is configured with, for this API's audience.", cause)
}

func unavailable(cause error) *Refusal {
	return &Refusal{Status: http.StatusServiceUnavailable, Reason: ReasonUnavailable,
		Message: "Who you are cannot be verified at present. Try again in a moment.", Cause: cause}
}

func unusableName(cause error) *Refusal {
	return &Refusal{Status: http.StatusForbidden, Reason: ReasonUnusableName,
		Message: "The bearer token is valid, but names no user that this API can work with. Ask your administrator which claim of the token must hold the user's name.", Cause: cause}
}

var errDisagreement = errors.New("the user header and the bearer token name different users")
