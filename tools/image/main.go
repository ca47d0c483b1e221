// Command image builds the container image of Go programs without a container
// daemon and without a base image.
//
// It cross-compiles each package for each platform, puts the static programs and
// the public certificate authorities into layers, and writes
//
//   - an OCI image layout with one image a platform (-output), and
//   - an archive of the image for this machine's architecture beside it, which
//     "docker load" and "ctr images import" accept.
//
// With -push the same image is uploaded to the registry that -tag names. The same
// source, Go release and flags give the same digest on every machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// run does everything main does, with its surroundings passed in so that tests can
// call it as a person would.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, getenv, stderr)
	if err != nil {
		return err
	}
	if err := checkReplaceable(o.output); err != nil {
		return err
	}

	// Layers are read lazily from these files, so they stay until all is written.
	work, err := os.MkdirTemp("", "image-")
	if err != nil {
		return fmt.Errorf("make a directory for the compiled programs: %w", err)
	}
	defer os.RemoveAll(work)

	built, err := build(ctx, o, work)
	if err != nil {
		return err
	}
	if err := writeLayout(o.output, o.tag, built.index); err != nil {
		return err
	}
	if err := writeArchive(o.archive(), o.tag, built.local().image); err != nil {
		return err
	}
	if o.push {
		if err := push(ctx, o.tag, built.index); err != nil {
			return err
		}
	}
	return report(stdout, o, built)
}
