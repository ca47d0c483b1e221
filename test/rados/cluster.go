package rados

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
)

// glance is how often it is looked whether a part has come up.
const glance = 100 * time.Millisecond

// attempts is how often something is tried that may fail by chance, such as to listen on
// a port that was free a moment ago.
var attempts = wait.Backoff{Steps: 5}

func (g *Gateway) startMonitor(ctx context.Context) error {
	return retry.OnError(attempts, endedEarly, func() error {
		var err error
		if g.layout.monitor, err = freeAddress(); err != nil {
			return err
		}
		if err := errors.Join(os.RemoveAll(g.layout.in("mon")), g.layout.write()); err != nil {
			return err
		}
		if err := g.run(ctx, "ceph-mon", "-i", monitorName, "--mkfs"); err != nil {
			return err
		}
		return g.launch(ctx, answersDialing(g.layout.monitor), "ceph-mon", "-i", monitorName)
	})
}

// startStore has the monitor know the object store, makes it and starts it.
func (g *Gateway) startStore(ctx context.Context) error {
	for _, command := range [][]string{
		{"ceph", "osd", "new", g.layout.store, storeNumber},
		{"ceph", "osd", "crush", "add", "osd." + storeNumber, "1.0", "root=default"},
		{"ceph-osd", "-i", storeNumber, "--mkfs", "--osd-uuid", g.layout.store},
	} {
		// Each does the same when it is done twice.
		err := retry.OnError(attempts, turnedAway, func() error { return g.run(ctx, command[0], command[1:]...) })
		if err != nil {
			return err
		}
	}
	// Whoever needs the store waits for it.
	return g.launch(ctx, func(context.Context) bool { return true }, "ceph-osd", "-i", storeNumber)
}

// turnedAway recognizes a client that asked the monitor before it was told the cluster's
// ID, which is a matter of luck.
func turnedAway(err error) bool { return strings.Contains(err.Error(), "EPERM") }

// createAdministrator makes the first user. Its tenant is the account in the ARNs of all
// that it makes.
func (g *Gateway) createAdministrator(ctx context.Context) error {
	g.AccessKey, g.SecretKey = "AKIA"+rand.Text()[:16], rand.Text()
	return g.run(ctx, "radosgw-admin", "-n", gatewayName, "user", "create", "--tenant="+g.Account, "--uid=administrator",
		"--display-name=administrator", "--access-key="+g.AccessKey, "--secret-key="+g.SecretKey,
		"--caps=roles=*;oidc-provider=*;user-policy=*")
}

func (g *Gateway) startGateway(ctx context.Context) error {
	return retry.OnError(attempts, endedEarly, func() error {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		g.Endpoint = "http://" + address
		return g.launch(ctx, answersHTTP(g.Endpoint), "radosgw", "-n", gatewayName, "--rgw-frontends=beast tcp_nodelay=1 endpoint="+address)
	})
}

// launch starts a part in the foreground and waits until it answers.
func (g *Gateway) launch(ctx context.Context, answers func(context.Context) bool, program string, arguments ...string) error {
	d, err := startDaemon(g.programs[program], g.layout.in(program+".log"),
		append([]string{"-c", g.layout.configFile(), "-f"}, arguments...)...)
	if err != nil {
		return err
	}
	g.daemons = append(g.daemons, d)
	for !answers(ctx) {
		select {
		case <-time.After(glance):
		case <-d.ended:
			// Another may take its place.
			g.daemons = g.daemons[:len(g.daemons)-1]
			return d.failure()
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", program, ctx.Err())
		}
	}
	return nil
}

func answersDialing(address string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		return err == nil && connection.Close() == nil
	}
}

func answersHTTP(url string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		return err == nil && response.Body.Close() == nil
	}
}

// run runs a program to its end, and no longer than the parts live that it may talk to.
func (g *Gateway) run(ctx context.Context, program string, arguments ...string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, d := range g.daemons {
		go func() {
			select {
			case <-d.ended:
				cancel(d.failure())
			case <-ctx.Done():
			}
		}()
	}
	err := execute(ctx, g.programs[program], append([]string{"-c", g.layout.configFile()}, arguments...)...)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return fmt.Errorf("%w; so %w", cause, err)
	}
	return err
}

// freeAddress returns an address on the loopback interface that nobody listens on now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
