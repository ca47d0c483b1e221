package profile

import (
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// failureKind decides what follows from a failure: when the Profile is looked at
// again, and how loudly the failure is told.
type failureKind int

const (
	// waiting: something else has to happen first, and a watch will tell when it has.
	waiting failureKind = iota
	// refused: the Profile cannot be carried out as written. Trying again changes
	// nothing until somebody changes something.
	refused
	// retry: a passing fault. Trying again with growing pauses is the cure.
	retry
	// outrun: our view was older than the cluster's. The newer one is already on its
	// way here, so this is not worth telling anybody.
	outrun
)

// failure is why a step did not succeed. Its message is for people and stable: it
// holds no times, ports or counters, since each new message is a write of the status.
type failure struct {
	kind    failureKind
	reason  string
	message string
	cause   error
	// again is how long a refused Profile rests before it is tried again; zero means
	// refusedAgainAfter.
	again time.Duration
}

// Error returns the message and, for the log, the cause.
func (f *failure) Error() string {
	if f.cause == nil {
		return f.message
	}
	return f.message + ": " + f.cause.Error()
}

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.cause }

var pluginFailureKinds = map[plugin.ErrorKind]failureKind{
	plugin.Waiting: waiting, plugin.Refused: refused, plugin.Retry: retry}

// identityAgainAfter is how long a refusal by an identity plugin rests. What was wrong is
// usually mended in the cloud, where no watch shows it, by somebody who then waits. The
// plugins see to it that many Profiles cost few requests.
const identityAgainAfter = 2 * time.Minute

// classify turns any error into a failure.
func classify(err error) *failure {
	var known *failure
	var refusal *plugin.Error
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refusal):
		return &failure{kind: pluginFailureKinds[refusal.Kind], reason: refusal.Reason, message: refusal.Message, cause: refusal.Cause, again: identityAgainAfter}
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return &failure{kind: waiting, reason: profilev1.ReasonNamespaceTerminating,
			message: "The namespace is being removed; it comes back as soon as it is gone.", cause: err}
	case apierrors.IsConflict(err):
		return &failure{kind: outrun, reason: profilev1.ReasonRetrying,
			message: "The cluster changed meanwhile; trying again.", cause: err}
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err), apierrors.IsBadRequest(err):
		return &failure{kind: refused, reason: profilev1.ReasonRejected,
			message: "The API server refused: " + explain(err), cause: err}
	case errors.As(err, &status):
		return &failure{kind: retry, reason: profilev1.ReasonRetrying,
			message: fmt.Sprintf("The API server cannot do it at present (%s); trying again.", status.Status().Reason), cause: err}
	default:
		return &failure{kind: retry, reason: profilev1.ReasonRetrying,
			message: "The API server could not be reached or did not answer in time; trying again. The controller's log has the details.", cause: err}
	}
}

// longestExplanation keeps a condition readable: the API server may answer with every
// allowed value of a field.
const longestExplanation = 600

func explain(err error) string {
	text := strings.TrimSpace(err.Error())
	if runes := []rune(text); len(runes) > longestExplanation {
		return string(runes[:longestExplanation]) + "…"
	}
	return text
}
