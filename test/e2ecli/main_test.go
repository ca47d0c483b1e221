// Package e2ecli runs the program kubectl-profile, as it is built, against a real control plane
// with the product installed on it. Each test starts the controller that it needs, or none.
package e2ecli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// What all tests of this package share.
var (
	pg *playground.Playground
	// program is the path of the built kubectl-profile.
	program string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	log.SetLogger(logr.Discard())
	err := start(context.Background())
	if err == nil {
		code = m.Run()
	}
	if pg != nil {
		err = errors.Join(err, pg.Stop())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func start(ctx context.Context) (err error) {
	if program, err = playground.Build(ctx, playground.CLIProgram); err != nil {
		return err
	}
	if pg, err = playground.Start(ctx, playground.Options{}); err != nil {
		return err
	}
	if err = pg.Install(ctx); err != nil {
		return err
	}
	return pg.InstallMesh(ctx)
}

// shell runs command lines as a person with a terminal session does: with the admin's
// kubeconfig, and with variables of its own.
type shell struct {
	t *testing.T
	// environment has variables, as NAME=value, that win over this process's own.
	environment []string
	// input is what the program can read.
	input string
}

// output is what a command line came to.
type output struct {
	out, err string
	code     int
}

func open(t *testing.T, environment ...string) *shell {
	return &shell{t: t, environment: append([]string{"KUBECONFIG=" + pg.Kubeconfig}, environment...)}
}

// run runs kubectl profile with these arguments.
func (s *shell) run(arguments ...string) output {
	s.t.Helper()
	var out, complaints strings.Builder
	// Cleanups run command lines as well, when the test's context has ended.
	command := exec.CommandContext(context.WithoutCancel(s.t.Context()), program, arguments...)
	command.Env = append(os.Environ(), s.environment...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(s.input), &out, &complaints
	err := command.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		s.t.Fatal(err)
	}
	return output{out.String(), complaints.String(), command.ProcessState.ExitCode()}
}

// does runs a command line that must go well and returns what it prints.
func (s *shell) does(arguments ...string) string {
	s.t.Helper()
	o := s.run(arguments...)
	if o.code != 0 {
		s.t.Fatalf("%s: exit code %d\n%s%s", strings.Join(arguments, " "), o.code, o.out, o.err)
	}
	return o.out
}

// fails runs a command line that must end with this code, and returns all that it says.
func (s *shell) fails(code int, arguments ...string) string {
	s.t.Helper()
	o := s.run(arguments...)
	if o.code != code {
		s.t.Fatalf("%s: exit code %d, want %d\n%s%s", strings.Join(arguments, " "), o.code, code, o.out, o.err)
	}
	return o.out + o.err
}

// startController starts a controller that ends with the test.
func startController(t *testing.T, o playground.ControllerOptions) *playground.Controller {
	t.Helper()
	c, err := pg.StartController(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("stop the controller: %v", err)
		}
	})
	return c
}
