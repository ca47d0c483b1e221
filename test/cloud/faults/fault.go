package faults

import (
	"context"
	"net"
	"net/http"
	"time"
)

// Fault is what goes wrong with a request. The zero value is nothing.
type Fault struct {
	delay time.Duration
	// refusal is answered instead of the result.
	refusal *Refusal
	// cut ends the connection without an answer.
	cut bool
	// after does what was asked for before it fails or is cut.
	after bool
	stale bool
}

// Refusal is an answer that says no.
type Refusal struct {
	// Status is that of HTTP.
	Status int
	// Code is the word by which programs know the error.
	Code string
	// Message is for people.
	Message string
}

// Error returns code and message.
func (r Refusal) Error() string { return r.Code + ": " + r.Message }

// Fail answers with any status, code and message and does nothing.
func Fail(status int, code, message string) Fault {
	return Fault{refusal: &Refusal{status, code, message}}
}

// CutBefore drops the connection; nothing is done.
func CutBefore() Fault { return Fault{cut: true} }

// CutAfter does what was asked for and drops the connection without an answer.
func CutAfter() Fault { return Fault{cut: true, after: true} }

// Stale answers reads with what was before the last change.
func Stale() Fault { return Fault{stale: true} }

// Delay lets time pass before the request is carried out. That happens even when the
// client has hung up by then, as in a network where a request arrives late.
func Delay(d time.Duration) Fault { return Fault{}.After(d) }

// After is the same fault after some time.
func (f Fault) After(d time.Duration) Fault {
	f.delay = d
	return f
}

// ThoughDone is the same fault, and yet what was asked for is done.
func (f Fault) ThoughDone() Fault {
	f.after = true
	return f
}

// IsStale tells whether reads are answered with what was before the last change.
func (f Fault) IsStale() bool { return f.stale }

// Serve answers one request as far as the fault lets it. do does what was asked for;
// then either refuse writes the fault's refusal, or answer what came of it, or the
// connection is cut. When the double closes during a delay, nothing is done any more.
//
//nolint:revive // The context is not the call's but the double's, so it need not come first.
func (f Fault) Serve(w http.ResponseWriter, closing context.Context, do func(), refuse func(Refusal), answer func()) {
	if !f.wait(closing) {
		Cut(w)
		return
	}
	if f.after || !f.cut && f.refusal == nil {
		do()
	}
	switch {
	case f.cut:
		Cut(w)
	case f.refusal != nil:
		refuse(*f.refusal)
	default:
		answer()
	}
}

// wait returns false when the double closes before the delay is over.
func (f Fault) wait(closing context.Context) bool {
	if f.delay <= 0 {
		return true
	}
	timer := time.NewTimer(f.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-closing.Done():
		return false
	}
}

// Cut ends the connection without an answer, with a reset as a failing network would.
func Cut(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
