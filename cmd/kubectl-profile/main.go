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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, cli.NewEnvironment(), os.Args[1:])
	stop()
	os.Exit(code)
}
