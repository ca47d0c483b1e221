package plugintest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func planIsStable(s *stage) error {
	before := s.states()
	var first plugin.Binding
	for n := range 3 {
		p, err := s.start(cut{})
		if err != nil {
			return err
		}
		b, err := s.binding(p, alice)
		if err != nil {
			return err
		}
		if n == 0 {
			first = b
		} else if !reflect.DeepEqual(b, first) {
			return fmt.Errorf("one spec asks once for %+v and then for %+v", first, b)
		}
	}
	if s.states() != before {
		return errors.New("the cloud changed")
	}
	return nil
}

func badSpecsAreRefused(s *stage) error {
	p, err := s.start(cut{})
	if err != nil {
		return err
	}
	for _, bad := range append(s.subject.BadSpecs(), badForAll(string(s.subject.Spec(s.identity, alice.ServiceAccount)))...) {
		planned, err := p.Plan(s.Context, alice.Profile, []byte(bad.Spec))
		var refusal *plugin.Error
		switch {
		case !errors.As(err, &refusal) || refusal.Kind != plugin.Refused || refusal.Reason != profilev1.ReasonInvalidPluginSpec:
			return fmt.Errorf("%s must be refused with the reason %s and is answered with: %w", bad.Spec, profilev1.ReasonInvalidPluginSpec, orNothing(err))
		case !strings.HasPrefix(refusal.Message, bad.Field+": "):
			return fmt.Errorf("%s is answered with %q; want it to begin with the field, %s", bad.Spec, refusal.Message, bad.Field)
		case len(planned) > 0:
			return fmt.Errorf("%s is refused, and yet %v is planned", bad.Spec, planned)
		}
	}
	if p.outside.made() > 0 {
		return errors.New("a bad spec led to a call to the cloud")
	}
	return nil
}

// badForAll are specs that no plugin can take.
func badForAll(good string) []BadSpec {
	return []BadSpec{
		{"spec", "[]"},
		{"spec", `"text"`},
		{"spec", "null"},
		{"spec", good + good},
		{"spec", strings.TrimSuffix(strings.TrimSpace(good), "}")},
		{"noSuchField", strings.TrimSuffix(strings.TrimSpace(good), "}") + `,"noSuchField":true}`},
	}
}

// orNothing lets a missing error be printed like any other.
func orNothing(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}
