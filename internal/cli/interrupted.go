package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// interruptedCode is what shells expect of a program that ended by Ctrl-C.
const interruptedCode = 130

// interruptedError says how things stand after a person broke a command off.
type interruptedError struct{ state string }

// Error returns how things stand.
func (i *interruptedError) Error() string { return i.state }

// interruption is what is told of a command that a person broke off. Few commands know more than that
// nothing is undone.
func interruption(err error) string {
	var told *interruptedError
	switch {
	case errors.As(err, &told):
		return told.state
	case errors.Is(err, context.Canceled):
		return "what was done so far stays; the same command, run again, goes on from there"
	default:
		return err.Error()
	}
}

// ask puts a question to a person. Without an answer it returns the empty string, and an error
// when the context ended while it waited.
func (e *Environment) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(e.ErrOut, question)
	type reply struct {
		text string
		err  error
	}
	// Nothing can stop a read from a terminal: it is left alone when nobody waits for it any more.
	replies := make(chan reply, 1)
	go func() {
		text, err := bufio.NewReader(e.In).ReadString('\n')
		replies <- reply{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(e.ErrOut)
		return "", ctx.Err()
	case got := <-replies:
		if got.err != nil && !errors.Is(got.err, io.EOF) {
			return "", fmt.Errorf("read the answer: %w", got.err)
		}
		return strings.TrimSpace(got.text), ctx.Err()
	}
}
