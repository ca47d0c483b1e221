package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestAsError(t *testing.T) {
	cause := errors.New("read tcp 127.0.0.1:41234: connection reset")
	own := &Error{Kind: Waiting, Reason: "Own", Message: "It waits.", Cause: cause}
	for name, err := range map[string]error{"plain": own, "wrapped": fmt.Errorf("apply: %w", own), "joined": errors.Join(cause, own)} {
		if got := AsError(err); got != own {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	for _, err := range []error{cause, context.DeadlineExceeded} {
		got := AsError(err)
		if got.Kind != Retry || got.Reason != profilev1.ReasonRetrying || strings.Contains(got.Message, "41234") || !errors.Is(got, err) {
			t.Errorf("%v becomes %+v", err, got)
		}
	}
	if !errors.Is(own, cause) || own.Error() != "It waits.: "+cause.Error() || (&Error{Message: "No."}).Error() != "No." {
		t.Errorf("the log reads %q", own.Error())
	}
}

func TestInvalidSpec(t *testing.T) {
	got := InvalidSpec("role", "%q is 100%% wrong", "x")
	if got.Kind != Refused || got.Reason != profilev1.ReasonInvalidPluginSpec || got.Message != `role: "x" is 100% wrong` {
		t.Errorf("got %+v", got)
	}
}
