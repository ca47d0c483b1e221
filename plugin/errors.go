package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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

// InvalidSpec is the error of Plan about a field of its spec. Of what somebody wrote, the
// field's name and details that are strings, only the beginning is repeated.
func InvalidSpec(field, format string, details ...any) *Error {
	details = slices.Clone(details)
	for i, detail := range details {
		if text, ok := detail.(string); ok {
			details[i] = shortened(text)
		}
	}
	return &Error{Kind: Refused, Reason: profilev1.ReasonInvalidPluginSpec,
		Message: fmt.Sprintf("%s: %s", shortened(field), fmt.Sprintf(format, details...))}
}

// shortened keeps a message readable whatever somebody wrote.
func shortened(text string) string {
	const longest = 200
	text = strings.ToValidUTF8(text, "�")
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
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
