package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// recordsSurviveStorage has a binding go the way of a record: sealed, stored by an API
// server that orders keys as it likes, read back by another process.
func recordsSurviveStorage(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	b, err := s.binding(p, alice)
	if err != nil {
		return err
	}
	stored, err := store(p.Kind(), b)
	if err != nil {
		return err
	}
	s.asked = append(s.asked, alice)
	if err := s.settle(p, alice, b, true); err != nil {
		return err
	}
	states := s.states()
	heir, err := s.start(cut{})
	if err != nil {
		return err
	}
	if err := s.settle(heir, alice, stored, true); err != nil || s.states() != states {
		return errors.Join(err, fmt.Errorf("applying what was read back makes %d changes; want none", s.states()-states))
	}
	if err := s.settle(heir, alice, stored, false); err != nil {
		return err
	}
	return s.sound()
}

// store returns the binding as it is read back.
func store(kind string, b plugin.Binding) (plugin.Binding, error) {
	sealer, err := identity.NewSealer(bytes.Repeat([]byte{7}, identity.SealKeySize))
	if err != nil {
		return b, err
	}
	text, err := json.Marshal(sealer.Seal("uid", identity.Entry{Plugin: kind, Binding: b}, profilev1.IdentityPending))
	if err != nil {
		return b, fmt.Errorf("the binding cannot be recorded; are its settings JSON? %w", err)
	}
	var read profilev1.IdentityBinding
	if err := json.Unmarshal(text, &read); err != nil {
		return b, err
	}
	if read.Settings != nil {
		read.Settings.Raw = backwards(read.Settings.Raw)
	}
	if !sealer.Genuine("uid", read) {
		return b, fmt.Errorf("the record %s is not recognized when it is read back as %+v; leave out what is empty", text, read)
	}
	b = plugin.Binding{ServiceAccount: read.ServiceAccount, Identity: read.Identity, Annotations: read.Annotations}
	if read.Settings != nil {
		b.Settings = string(read.Settings.Raw)
	}
	return b, nil
}

// backwards writes JSON with the keys of its outermost object in reverse order and some
// white space.
func backwards(raw []byte) []byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return raw
	}
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	var text bytes.Buffer
	for i, key := range keys {
		if i > 0 {
			text.WriteString(" , ")
		}
		fmt.Fprintf(&text, "%q: %s", key, object[key])
	}
	return fmt.Appendf(nil, "{%s}", text.Bytes())
}

func checkLeavesAlone(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	if err := s.apply(p, alice); err != nil {
		return err
	}
	states := s.states()
	p.stop()
	heir, err := s.start(cut{})
	if err != nil {
		return err
	}
	b, err := s.binding(heir, alice)
	if err != nil {
		return err
	}
	err = heir.host.Until(s.Context, alice.Profile, func() error {
		again, err := heir.Check(s.Context, alice.Profile, b)
		if again < 0 {
			return fmt.Errorf("Check wants to be called again after %s", again)
		}
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("Check of what holds: %w", err)
	case s.states() != states || !s.now().Admits(alice):
		return errors.New("Check of what holds changed the cloud")
	}
	return s.sound()
}

// endingWith returns a context that ends with its parent and when the channel closes.
func endingWith(parent context.Context, end <-chan struct{}) context.Context {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		defer cancel()
		select {
		case <-end:
		case <-parent.Done():
		}
	}()
	return ctx
}
