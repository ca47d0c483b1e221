// Package e2ekfam tries the access-management API over HTTP, on a real control plane with
// the controller beside it, both under their own account.
package e2ekfam

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

var (
	pg   *playground.Playground
	kfam *playground.KFAM
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	log.SetLogger(logr.Discard())
	stop, err := start(context.Background())
	if err == nil {
		code = m.Run()
	}
	if err = errors.Join(err, stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func start(ctx context.Context) (stop func() error, err error) {
	stop = func() error { return nil }
	if pg, err = playground.Start(ctx, playground.Options{}); err != nil {
		return stop, err
	}
	stop = pg.Stop
	for _, install := range []func(context.Context) error{pg.Install, pg.InstallMesh} {
		if err := install(ctx); err != nil {
			return stop, err
		}
	}
	controller, err := pg.StartController(ctx, playground.ControllerOptions{Flags: []string{"-userid-header=kubeflow-userid", "-userid-prefix="}})
	if err != nil {
		return stop, err
	}
	stop = func() error { return errors.Join(controller.Stop(), pg.Stop()) }
	kfam, err = pg.StartKFAM(ctx, playground.KFAMOptions{Flags: []string{
		"-trust-user-header", "-userid-header=kubeflow-userid", "-userid-prefix=", "-cluster-admin=admin@example.com"}})
	if err != nil {
		return stop, err
	}
	return func() error { return errors.Join(kfam.Stop(), controller.Stop(), pg.Stop()) }, nil
}
