package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// pg is the control plane that all tests of this package share.
var pg *playground.Playground

// aws is the AWS account that the cluster's controllers work in.
var aws *iamsts.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run starts the control plane with the product and the mesh kind on it. Controllers
// are started by the tests; the last one is stopped here.
func run(m *testing.M) int {
	ctx := context.Background()
	log.SetLogger(logr.Discard())
	var err error
	if pg, err = playground.Start(ctx, playground.Options{AuditLog: true}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = pg.Stop() }()
	for _, install := range []func(context.Context) error{pg.Install, pg.InstallMesh} {
		if err := install(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	// Tests that run side by side wait for Kubernetes and not for a processor.
	if err := flag.Set("test.parallel", "32"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if aws, err = startAWS(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = aws.Close() }()
	code := m.Run()
	allTestsRan := code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	if err := errors.Join(running.stop(), checkRights(allTestsRan)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
