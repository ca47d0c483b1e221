package controller

import "github.com/go-logr/logr"

// calm leaves one line out of the manager's log: a leader that is asked to stop gives its
// lease back, and the manager tells of that as an error, in those runs in which it still gets to it.
// A lease that is really lost ends the controller, which says so itself.
type calm struct{ logr.LogSink }

// stopLine is what the manager says of errors that come while it stops, and leaseGiven the error
// that always comes then (controller-runtime, pkg/manager).
const (
	stopLine   = "error received after stop sequence was engaged"
	leaseGiven = "leader election lost"
)

// Error logs all errors but that one.
func (c calm) Error(err error, message string, details ...any) {
	if message == stopLine && err != nil && err.Error() == leaseGiven {
		return
	}
	c.LogSink.Error(err, message, details...)
}

// WithName is as calm.
func (c calm) WithName(name string) logr.LogSink { return calm{c.LogSink.WithName(name)} }

// WithValues is as calm.
func (c calm) WithValues(details ...any) logr.LogSink { return calm{c.LogSink.WithValues(details...)} }
