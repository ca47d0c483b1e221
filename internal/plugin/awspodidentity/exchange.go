package awspodidentity

import (
	"context"
	"errors"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
)

// exchange is the requests for one binding, one after the other.
type exchange struct {
	*Plugin
	// patience is how long the next request waits until the budget allows it.
	patience time.Duration
}

const (
	// shortPatience is for the first request of a binding. Who would have to wait longer is
	// told to come again, so that Profiles that want nothing of EKS are not kept waiting by
	// a thousand that do.
	shortPatience = 250 * time.Millisecond
	// longPatience is for those that follow. Only as many as the controller has workers
	// compete for them.
	longPatience = 15 * time.Second
	// requestTimeout ends a request that EKS does not answer. Whether it was carried out is
	// then found out by looking.
	requestTimeout = 15 * time.Second
)

func (p *Plugin) begin() *exchange { return &exchange{p, shortPatience} }

// errNotYet tells that too much is asked of EKS already.
var errNotYet = errors.New("too many requests to EKS are waiting")

// request sends one request within the budget. It is counted, and throttling slows down
// those that follow.
func (x *exchange) request(ctx context.Context, operation string, send func(context.Context) error) error {
	if err := x.turn(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := send(ctx)
	x.budget.Learn(throttled(err))
	x.observe(operation, awsclient.Result(err, codeOf(err)))
	if err != nil {
		return &requestError{operation, err}
	}
	return nil
}

// turn waits for permission to send a request.
func (x *exchange) turn(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, x.patience)
	defer cancel()
	if err := x.budget.Take(waiting); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errNotYet
	}
	x.patience = longPatience
	return nil
}

// requestError is an error of a request and the name of its operation.
type requestError struct {
	operation string
	cause     error
}

// Error returns the cause, which names the operation itself.
func (e *requestError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *requestError) Unwrap() error { return e.cause }

// operationOf names the request that failed, or is empty when none was sent.
func operationOf(err error) string {
	if of, ok := errors.AsType[*requestError](err); ok {
		return of.operation
	}
	return ""
}
