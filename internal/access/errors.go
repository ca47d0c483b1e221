package access

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// ErrorKind says what kind of answer an Error is; HTTP turns it into a status code.
type ErrorKind int

const (
	// Unavailable means that the API server cannot be reached or cannot do it at present. Trying again
	// may help.
	Unavailable ErrorKind = iota
	// Forbidden means that the caller may not do this.
	Forbidden
	// NotFound means that what the request is about does not exist.
	NotFound
	// Conflict means that it cannot be done as things stand in the cluster.
	Conflict
	// Invalid means that the request makes no sense, whoever sends it.
	Invalid
)

// Error is why a request was not carried out.
type Error struct {
	Kind ErrorKind
	// Message is a plain sentence for the caller. It says what to do next and gives away
	// nothing that the caller may not know.
	Message string
	// Cause goes to the log and never to the caller.
	Cause error
}

// Error returns the message and, for the log, the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func refusal(kind ErrorKind, format string, details ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, details...)}
}

// AsError turns any error, such as one of the API server, into an Error. A right that this
// program itself lacks is not the caller's fault, so it is not Forbidden.
func AsError(err error) *Error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return &Error{Kind: Conflict, Cause: err,
			Message: "The namespace is being removed. Wait until it is gone, or back again if its Profile lives on."}
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
		return &Error{Kind: Conflict, Message: "Somebody changed the same thing at the same moment. Try again.", Cause: err}
	case apierrors.IsNotFound(err):
		return &Error{Kind: NotFound, Message: "The namespace does not exist. Check its name.", Cause: err}
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return &Error{Kind: Invalid, Message: "The cluster does not accept this. Check the names in the request.", Cause: err}
	case apierrors.IsForbidden(err):
		return &Error{Kind: Unavailable, Cause: err,
			Message: "The access service was refused by the cluster. Ask an administrator to look into its log."}
	default:
		return &Error{Kind: Unavailable, Message: "The cluster does not answer at present. Try again in a moment.", Cause: err}
	}
}
