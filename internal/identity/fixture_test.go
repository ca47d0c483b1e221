package identity

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ownUID types.UID = "own-uid"

func testSealer(filler byte) Sealer {
	s, err := NewSealer(bytes.Repeat([]byte{filler}, SealKeySize))
	if err != nil {
		panic(err)
	}
	return s
}

// entry binds an account to an identity, with the annotation that the webhook would read.
func entry(account, identity, settings string, more ...string) Entry {
	annotations := map[string]string{"role": identity}
	for _, key := range more {
		annotations[key] = "x"
	}
	return Entry{Plugin: "Cloud", Binding: plugin.Binding{ServiceAccount: account, Identity: identity, Annotations: annotations, Settings: settings}}
}

func (e Entry) by(plugin string) Entry {
	e.Plugin = plugin
	return e
}

func pending(e Entry) profilev1.IdentityBinding {
	return testSealer(1).Seal(ownUID, e, profilev1.IdentityPending)
}

func bound(e Entry) profilev1.IdentityBinding {
	return testSealer(1).Seal(ownUID, e, profilev1.IdentityBound)
}

// forged is what somebody without the key can write.
func forged(e Entry, phase profilev1.IdentityPhase) profilev1.IdentityBinding {
	return testSealer(2).Seal(ownUID, e, phase)
}

func genuine(record profilev1.IdentityBinding) bool { return testSealer(1).Genuine(ownUID, record) }

// stub is a plugin that plans what a test says.
type stub struct {
	kind     string
	plan     func(profile string, spec []byte) ([]plugin.Binding, error)
	fallback string
}

func (s stub) Kind() string { return s.kind }

func (s stub) Plan(_ context.Context, profile string, spec []byte) ([]plugin.Binding, error) {
	if s.plan == nil && string(spec) == "bad" {
		return nil, plugin.InvalidSpec("role", "is bad")
	}
	if s.plan == nil {
		return []plugin.Binding{{ServiceAccount: "default-editor", Identity: string(spec), Annotations: map[string]string{s.kind: string(spec)}}}, nil
	}
	return s.plan(profile, spec)
}

func (s stub) Apply(context.Context, string, plugin.Binding) error { return nil }

func (s stub) Check(context.Context, string, plugin.Binding) (time.Duration, error) { return 0, nil }

func (s stub) Revoke(context.Context, string, plugin.Binding) error { return nil }

func (s stub) Default(profile string) []byte {
	if s.fallback == "" {
		return nil
	}
	return fmt.Appendf(nil, "%s-%s", s.fallback, profile)
}

// runner is a plugin that works in the background.
type runner struct{ stub }

func (runner) Start(context.Context) error { return nil }
