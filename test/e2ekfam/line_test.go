package e2ekfam

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// line leads to the API server, and can be cut.
type line struct {
	address string

	mu       sync.Mutex
	listener net.Listener
	down     bool
	open     []net.Conn
	carrying sync.WaitGroup
}

// layLine starts one. It ends with the test.
func layLine(t *testing.T) *line {
	t.Helper()
	l := &line{address: "127.0.0.1:0"}
	l.mend(t)
	t.Cleanup(func() {
		l.cut()
		l.carrying.Wait()
	})
	return l
}

// mend lets connections through, always at the same address.
func (l *line) mend(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener, l.address, l.down = listener, listener.Addr().String(), false
	l.carrying.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			l.carrying.Go(func() { l.carry(client) })
		}
	})
}

// cut ends all that is on the line and refuses what comes, as where no server is.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.listener.Close()
	l.down = true
	for _, c := range l.open {
		_ = c.Close()
	}
	l.open = nil
}

// carry carries one connection in both directions.
func (l *line) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", strings.TrimPrefix(pg.Admin.Host, "https://"))
	if err != nil {
		return
	}
	defer server.Close()
	l.mu.Lock()
	l.open = append(l.open, client, server)
	down := l.down
	l.mu.Unlock()
	if down {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	_, _ = io.Copy(server, client)
	_ = server.Close()
	<-back
}
