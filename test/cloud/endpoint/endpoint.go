// Package endpoint is how the doubles of clouds listen: plain HTTP on loopback, and an end
// after which nothing of them runs any more, not even a request whose client hung up.
package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Endpoint is where a double listens.
type Endpoint struct {
	listener net.Listener
	http     *http.Server
	// served gets what Serve of http ended with.
	served   chan error
	handling gate
	closing  context.Context
	close    context.CancelFunc
}

// Listen takes an address of host and port, such as 127.0.0.1:0 for any free port on
// loopback. Clients wait until Serve is called.
func Listen(address string) (*Endpoint, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", address, err)
	}
	e := &Endpoint{listener: listener, http: &http.Server{ReadHeaderTimeout: 10 * time.Second}, served: make(chan error, 1)}
	e.closing, e.close = context.WithCancel(context.Background())
	return e, nil
}

// Serve has a handler answer from now on. It is called once.
func (e *Endpoint) Serve(handler http.Handler) {
	e.http.Handler = e.whileOpen(handler)
	go func() { e.served <- e.http.Serve(e.listener) }()
}

// whileOpen lets nothing happen after Close.
func (e *Endpoint) whileOpen(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !e.handling.enter() {
			faults.Cut(w)
			return
		}
		defer e.handling.leave()
		handler.ServeHTTP(w, r)
	})
}

// URL is that of the endpoint, without a slash at its end.
func (e *Endpoint) URL() string { return "http://" + e.listener.Addr().String() }

// Closing ends when Close is called. It is the context of whatever a double does for a
// request, which goes on when the client hangs up.
func (e *Endpoint) Closing() context.Context { return e.closing }

// Close drops all connections and returns when nothing runs any more. It is called after
// Serve.
func (e *Endpoint) Close() error {
	e.close()
	err := e.http.Close()
	if ended := <-e.served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	e.handling.shut()
	return err
}

// gate counts the requests that are being answered. They may outlive their connections.
type gate struct {
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

// enter returns false once the gate is shut.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside.Add(1)
	return true
}

func (g *gate) leave() { g.inside.Done() }

// shut lets nobody in any more and waits until all have left.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}
