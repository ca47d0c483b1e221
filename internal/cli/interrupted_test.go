package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// interrupter is what is written to, and has somebody press Ctrl-C as soon as it says a certain thing.
type interrupter struct {
	io.Writer
	at     string
	cancel context.CancelFunc
}

// Write writes.
func (i interrupter) Write(text []byte) (int, error) {
	if strings.Contains(string(text), i.at) {
		i.cancel()
	}
	return i.Writer.Write(text)
}

// breaksOff runs a command line that somebody breaks off when it says this, and returns what it said in the end.
func (term *terminal) breaksOff(line, at string) string {
	term.t.Helper()
	ctx, cancel := context.WithCancel(term.t.Context())
	defer cancel()
	term.Out = interrupter{&term.out, at, cancel}
	term.ErrOut = interrupter{&term.err, at, cancel}
	// Nobody answers, as on a terminal.
	unanswered, never := io.Pipe()
	term.t.Cleanup(func() { _ = never.Close() })
	term.In = unanswered
	ended := make(chan int)
	go func() { ended <- term.runIn(ctx, line) }()
	select {
	case code := <-ended:
		if code != 130 {
			term.t.Errorf("%s: exit code %d, want 130", line, code)
		}
	case <-time.After(10 * time.Second):
		term.t.Fatalf("%s: it goes on", line)
	}
	return term.err.String()
}

func TestAnInterruptEndsAQuestion(t *testing.T) {
	term := open(t, room(annWithMuch())...)
	want := lostWithAnn + "To go on, type the name of the profile: \ninterrupted: nothing was deleted\n"
	if diff := cmp.Diff(want, term.breaksOff("delete ann", "To go on")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !term.hasAnn() {
		t.Error("it is gone")
	}
}

func TestAnInterruptEndsTheQuestionOfAudit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	term := open(t)
	unanswered, never := io.Pipe()
	patience := time.AfterFunc(10*time.Second, func() { _ = never.Close() })
	defer patience.Stop()
	term.In, term.ErrOut = unanswered, interrupter{&term.err, "type yes", cancel}
	if err := confirmCleaning(ctx, term.Environment, 2); err == nil || interruption(err) != "nothing was changed" {
		t.Errorf("it says %v", err)
	}
}

func TestAnInterruptEndsTheWaitForAnEnd(t *testing.T) {
	term := open(t, room(annWithMuch())...)
	if diff := cmp.Diff(lostWithAnn+"interrupted: the deletion goes on without you; still there: namespace ann\n", term.breaksOff("delete ann --yes --wait", "profile/ann deleted")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnInterruptEndsTheWaitForAProfile(t *testing.T) {
	want := "interrupted: profile ann is there, and not ready yet. To go on waiting, run the same command again\n"
	if got := open(t).breaksOff("create ann --owner ann@example.com --wait", "profile/ann created"); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

func TestAnInterruptOfWhatHasNoWordsForIt(t *testing.T) {
	for _, line := range []string{"list", "migrate"} {
		ctx, cancel := context.WithCancel(t.Context())
		term := open(t)
		term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
			List: func(ctx context.Context, _ client.WithWatch, _ client.ObjectList, _ ...client.ListOption) error {
				cancel()
				return fmt.Errorf("follow: %w", ctx.Err())
			},
			Get: func(ctx context.Context, _ client.WithWatch, _ client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
				cancel()
				return ctx.Err()
			},
		})
		code := term.runIn(ctx, line)
		want := "interrupted: what was done so far stays; the same command, run again, goes on from there\n"
		if code != 130 || term.err.String() != want {
			t.Errorf("%s: exit code %d, %q, want %q", line, code, term.err.String(), want)
		}
	}
}

func TestWhatIsDoneBeforeAnInterruptIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	term := open(t, makeProfile("ann", "ann@example.com").obj())
	term.Out = interrupter{&term.out, "deleted", cancel}
	if code := term.runIn(ctx, "delete ann --yes"); code != 0 {
		t.Errorf("exit code %d: %s", code, term.err.String())
	}
	if err := term.cluster.Get(t.Context(), client.ObjectKey{Name: "ann"}, &profilev1.Profile{}); err == nil {
		t.Error("it is still there")
	}
}
