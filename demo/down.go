package main

import (
	"context"
	"errors"
	"io"
)

// down stops the playground in the background and forgets its state.
func down(ctx context.Context, stderr io.Writer) (err error) {
	p := newProgress(stderr)
	b, err := openBackground(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	exists, err := b.exists()
	if err != nil {
		return err
	}
	if !exists {
		p.say("no playground runs; make playground-up starts one")
		return nil
	}
	if err := b.remove(ctx, p); err != nil {
		return err
	}
	p.say("the playground is gone, and its state with it")
	return nil
}
