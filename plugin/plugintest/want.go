package plugintest

import (
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// WantRefusal is WantError with the kind plugin.Refused.
func WantRefusal(tb testing.TB, err error, reason string, says ...string) string {
	tb.Helper()
	return WantError(tb, err, plugin.Refused, reason, says...)
}

// WantError ends the test unless an error is, by plugin.AsError, of the kind and has the
// reason. It fails the test for each text that the message does not say. It returns the
// message.
func WantError(tb testing.TB, err error, kind plugin.ErrorKind, reason string, says ...string) string {
	tb.Helper()
	if err == nil {
		tb.Fatalf("got no error, want %s with the reason %s", nameOf(kind), reason)
	}
	got := plugin.AsError(err)
	if got.Kind != kind || got.Reason != reason {
		tb.Fatalf("got %s with the reason %s, want %s with the reason %s: %v", nameOf(got.Kind), got.Reason, nameOf(kind), reason, err)
	}
	for _, text := range says {
		if !strings.Contains(got.Message, text) {
			tb.Errorf("the message is %q; want it to say %q", got.Message, text)
		}
	}
	return got.Message
}

// nameOf is what a kind is called in package plugin.
func nameOf(kind plugin.ErrorKind) string {
	return map[plugin.ErrorKind]string{plugin.Waiting: "Waiting", plugin.Refused: "Refused", plugin.Retry: "Retry"}[kind]
}
