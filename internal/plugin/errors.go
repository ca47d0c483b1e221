package plugin

import (
	"errors"
	"fmt"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// ErrorKind decides what follows from an Error.
type ErrorKind int

const (
	// Waiting means that the plugin works on it and calls Host.Again when there is news.
	Waiting ErrorKind = iota
	// Refused means that trying again changes nothing until somebody changes something. The
	// controller looks again rarely.
	Refused
	// Retry means a passing fault. The controller tries again with growing pauses.
	Retry
)

// Error is why a plugin did not do what it was asked. Errors of other types count as
// Retry.
type Error struct {
	// Kind decides when the controller tries again.
	Kind ErrorKind
	// Reason is the reason of the condition IdentityReady, one of the Reason constants of
	// the API or a CamelCase word of the plugin's own.
	Reason string
	// Message says what is wrong and what to do, in stable sentences.
	Message string
	// Cause goes to the log and not into the status.
	Cause error
}

// Error returns the message and the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// InvalidSpec is the error of Plan about a field of its spec.
func InvalidSpec(field, format string, details ...any) *Error {
	return &Error{Kind: Refused, Reason: profilev1.ReasonInvalidPluginSpec,
		Message: fmt.Sprintf("%s: %s", field, fmt.Sprintf(format, details...))}
}

// AsError turns any error of a plugin into an Error.
func AsError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Kind: Retry, Reason: profilev1.ReasonRetrying,
		Message: "The identity plugin failed for a passing reason; trying again. The controller's log has the details.", Cause: err}
}
