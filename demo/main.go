// Command demo shows the product at work on a real control plane, without a cluster,
// a container runtime or kubectl.
//
//	demo        makes the Profiles of examples/ and tries what they promise; stays up until Ctrl-C
//	demo up     starts the control plane and the controller in the background
//	demo down   stops them again
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:])) }

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// run returns the exit code.
func run(arguments []string) int {
	// A closed terminal and a reader that went away end the demo as Ctrl-C does, so that
	// nothing is left behind then either.
	ctx, forget := signal.NotifyContext(context.Background(), syscall.SIGPIPE)
	defer forget()
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	// A second Ctrl-C ends a clean-up that the user no longer wants to wait for.
	context.AfterFunc(ctx, restore)

	var err error
	switch command(arguments) {
	case "demo":
		err = runDemo(ctx, os.Stdout, !isSet(os.Getenv("CI")))
	case "up":
		err = up(ctx, os.Stdout, os.Stderr)
	case "down":
		err = down(ctx, os.Stderr)
	default:
		fmt.Fprintln(os.Stderr, "usage: go run ./demo [up | down]")
		return exitUsage
	}
	return exitCode(ctx, err, os.Stderr)
}

func command(arguments []string) string {
	switch len(arguments) {
	case 0:
		return "demo"
	case 1:
		return arguments[0]
	default:
		return ""
	}
}

// isSet reads a variable such as CI, which is true, 1 or false.
func isSet(value string) bool {
	set, err := strconv.ParseBool(value)
	return err == nil && set
}

// exitCode tells the user what went wrong, unless it was shown already or is only the
// echo of being interrupted.
func exitCode(ctx context.Context, err error, errorOutput io.Writer) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errClaimsFailed):
		return exitFailed
	case ctx.Err() != nil:
		return exitInterrupted
	default:
		fmt.Fprintln(errorOutput, "error:", err)
		return exitFailed
	}
}
