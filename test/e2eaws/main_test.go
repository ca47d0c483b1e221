//go:build e2eaws

package e2eaws

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/rados"
)

// What all tests of this package share.
var (
	gateway *rados.Gateway
	// home is the cluster of the playground, of which the profiles are; away is another
	// one, of which there is only the issuer.
	home, away *cluster
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run starts the gateway beside the control plane and lets the gateway trust the issuers.
// Whatever was started is ended here, also after Ctrl-C.
func run(m *testing.M) (code int) {
	log.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := start(ctx)
	if err == nil {
		interrupted := context.AfterFunc(ctx, func() {
			fmt.Fprintln(os.Stderr, "interrupted; stopping what was started")
			_ = shutDown()
			os.Exit(130) //nolint:revive // The tests cannot be asked to end early.
		})
		defer interrupted()
		code = m.Run()
		interrupted()
	}
	if err = errors.Join(err, shutDown()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// start starts both worlds at the same time, since each takes a while.
func start(ctx context.Context) error {
	var failed [2]error
	var both sync.WaitGroup
	both.Go(func() { gateway, failed[0] = rados.Start(ctx, "", rados.Options{Progress: os.Stderr}) })
	both.Go(func() { failed[1] = startClusters(ctx) })
	both.Wait()
	if err := errors.Join(failed[:]...); err != nil {
		return err
	}
	for _, c := range []*cluster{home, away} {
		if err := trust(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// shutDown ends everything and tells what would not end.
func shutDown() error {
	var err error
	if running != nil {
		err = running.Stop()
	}
	for _, c := range []*cluster{home, away} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	if gateway == nil {
		return err
	}
	pids := gateway.PIDs()
	err = errors.Join(err, gateway.Close())
	for _, pid := range pids {
		if syscall.Kill(pid, 0) == nil {
			err = errors.Join(err, fmt.Errorf("process %d of the gateway still runs", pid))
		}
	}
	return err
}
