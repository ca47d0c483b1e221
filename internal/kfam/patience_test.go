package kfam

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestAClusterThatHangsIsToldOf has an API server that takes requests and never answers, which
// is what a broken network looks like.
func TestAClusterThatHangsIsToldOf(t *testing.T) {
	requests := map[string][]string{
		"share":    {http.MethodPost, "/kfam/v1/bindings", bensBinding},
		"revoke":   {http.MethodDelete, "/kfam/v1/bindings", bensBinding},
		"register": {http.MethodPost, "/kfam/v1/profiles", annsProfile},
		"delete":   {http.MethodDelete, "/kfam/v1/profiles/ann", ""},
	}
	for name, r := range requests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				h.cluster.err = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
				begin := time.Now()
				answer := h.call("ann@example.com", r[0], r[1], r[2])
				if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "Try again") {
					t.Errorf("answered %d %s", answer.Code, answer.Body)
				}
				if took := time.Since(begin); took >= h.HTTP().WriteTimeout {
					t.Errorf("answered after %s, when nobody can hear it any more", took)
				}
			})
		})
	}
}

// onePipe is a listener to which one client comes.
type onePipe struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (l onePipe) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l onePipe) Close() error   { close(l.closed); return nil }
func (l onePipe) Addr() net.Addr { return &net.TCPAddr{} }

// TestAttackSlowClients holds connections open by sending next to nothing. Time is that of a
// bubble, so the limits are exact.
func TestAttackSlowClients(t *testing.T) {
	const headers = "POST /kfam/v1/bindings HTTP/1.1\r\nHost: kfam\r\nkubeflow-userid: ann@example.com\r\nContent-Length: 1000\r\n\r\n"
	attacks := map[string]struct {
		// sent comes at once, and drip again and again.
		sent, drip string
		// answer is what the client is told, and after is when it is cut off.
		answer string
		after  time.Duration
	}{
		"nothing at all":                {"", "", "", 5 * time.Second},
		"half a header":                 {"GET /kfam/ HTTP/1.1\r\nHost: ", "", "", 5 * time.Second},
		"headers, drop by drop":         {"GET /kfam/ HTTP/1.1\r\n", "x: y\r\n", "", 5 * time.Second},
		"a body that never comes":       {headers, "", "400 Bad Request", 15 * time.Second},
		"a body, drop by drop":          {headers, " ", "400 Bad Request", 15 * time.Second},
		"a connection that nobody uses": {"GET /healthz HTTP/1.1\r\nHost: kfam\r\n\r\n", "", "200 OK", 2 * time.Minute},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newHouse(t).HTTP()
				listener := onePipe{make(chan net.Conn), make(chan struct{})}
				go func() { _ = server.Serve(listener) }()
				attacker, inside := net.Pipe()
				listener.connections <- inside
				begin := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() {
					_, err := io.WriteString(attacker, attack.sent)
					for err == nil && attack.drip != "" {
						time.Sleep(time.Second)
						_, err = io.WriteString(attacker, attack.drip)
					}
				})
				answer, _ := io.ReadAll(attacker)
				if after := time.Since(begin); after < attack.after || after > attack.after+time.Second {
					t.Errorf("cut off after %s, want %s", after, attack.after)
				}
				if status, _, _ := strings.Cut(string(answer), "\r\n"); !strings.HasSuffix(status, attack.answer) {
					t.Errorf("told %q, want %q", status, attack.answer)
				}
				_ = attacker.Close()
				sending.Wait()
				if err := server.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
