// Command kubectl-profile is the kubectl plugin "kubectl profile": it creates, shows, shares
// and checks Profiles.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/kfprofiles/kfprofiles/internal/cli"
)

func main() {
	os.Exit(untilInterrupted(func(ctx context.Context) int {
		return cli.Main(ctx, cli.NewEnvironment(), os.Args[1:])
	}))
}

// untilInterrupted runs a command whose context ends with the first Ctrl-C. A second one ends the
// program, whatever the command does.
func untilInterrupted(command func(context.Context) int) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return command(ctx)
}
