// Command playground is a real Kubernetes control plane in one process: etcd,
// kube-apiserver and the controllers of kube-controller-manager that give
// namespaces, service accounts, quotas and garbage collection their meaning.
// There are no nodes, so nothing ever runs; everything else is the real thing. Under the
// name kubectl it is Kubernetes' command line client instead.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func main() {
	if filepath.Base(os.Args[0]) == kubectlName {
		kubectl()
		return
	}
	ctx, restoreSignals := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	// Once a stop is asked for, the signals get their usual effect back: a second
	// Ctrl-C ends a shutdown that the user no longer wants to wait for.
	context.AfterFunc(ctx, restoreSignals)

	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout))
}

// run is main with its surroundings as parameters. It returns the exit code: 0
// after a clean stop, 1 after a failure, 2 when the command line was wrong.
func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) int {
	settings, err := parseSettings(args, os.Stderr)
	switch {
	case errors.Is(err, errHelpShown):
		return 0
	case err != nil:
		return 2
	}
	if settings.stopWithParent {
		ctx = untilEndOfInput(ctx, stdin)
	}
	if err := runControlPlane(ctx, settings, stdout); err != nil {
		return 1
	}
	return 0
}

// untilEndOfInput returns a context that also ends when in is closed. A parent
// that holds the other end of the pipe closes it by dying, however it dies, so
// no control plane outlives the test that started it.
func untilEndOfInput(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		_, err := io.Copy(io.Discard, in)
		cancel(fmt.Errorf("standard input ended: %w", errors.Join(err, context.Canceled)))
	}()
	return ctx
}
