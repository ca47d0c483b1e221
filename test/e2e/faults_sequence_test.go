package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// faultPrefix begins the names of the Profiles of the fault suite and of their roles.
const faultPrefix = "fault-"

// sequence is what somebody does with one Profile, step by step.
type sequence struct {
	f       *fixture
	log     *namings
	random  *rand.Rand
	profile string
	// roles are those that the Profile shares with its neighbor.
	roles [2]string
	// living is true while the Profile exists.
	living bool
	now    choice
	steps  int
}

// choice is what a spec asks for.
type choice struct {
	plugged      bool
	role         int
	annotateOnly bool
	// runner has another account get the other role.
	runner bool
}

func newSequence(f *fixture, log *namings, number int, seed uint64) *sequence {
	pair := number / 2
	return &sequence{f: f, log: log, random: rand.New(rand.NewPCG(seed, seed)), profile: fmt.Sprintf("%s%03d", faultPrefix, number),
		roles: [2]string{fmt.Sprintf("%s%03d-a", faultPrefix, pair), fmt.Sprintf("%s%03d-b", faultPrefix, pair)}}
}

// longestLull is how long somebody waits at most before the next step.
const longestLull = 6 * time.Second

// run takes the steps. It ends early, with a failed test, when one cannot be taken.
func (s *sequence) run() {
	lull := time.NewTimer(time.Duration(s.random.Int64N(int64(20 * time.Second))))
	defer lull.Stop()
	for range 4 + s.random.IntN(5) {
		<-lull.C
		if err := s.step(); err != nil {
			s.f.t.Errorf("%s, step %d: %v", s.profile, s.steps, err)
			return
		}
		s.steps++
		lull.Reset(time.Duration(s.random.Int64N(int64(longestLull))))
	}
}

func (s *sequence) step() error {
	switch {
	case !s.living:
		return s.create(choice{plugged: s.random.IntN(4) > 0, role: s.random.IntN(2), runner: s.random.IntN(3) == 0})
	case s.random.IntN(6) == 0:
		return s.remove()
	}
	next := s.now
	switch what := s.random.IntN(4); {
	case !s.now.plugged || what == 0:
		next.plugged = !s.now.plugged
	case what == 1:
		next.annotateOnly = !s.now.annotateOnly
	case what == 2:
		next.runner = !s.now.runner
	default:
		next.role = 1 - s.now.role
	}
	return s.change(next)
}

func (s *sequence) create(c choice) error {
	p := MakeProfile(s.profile).Obj()
	p.Spec.Plugins = s.plugins(c)
	return s.become(true, c, func() error { return pg.Client.Create(s.f.ctx, p) })
}

func (s *sequence) change(c choice) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"plugins": s.plugins(c)}})
	if err != nil {
		return err
	}
	return s.become(true, c, func() error {
		return pg.Client.Patch(s.f.ctx, profileNamed(s.profile), client.RawPatch(mergePatch, patch))
	})
}

// remove deletes the Profile and waits until it is gone. A controller to which IAM
// denied something waits long before it tries again; the next one tries at once.
func (s *sequence) remove() error {
	if err := s.become(false, choice{}, func() error { return pg.Client.Delete(s.f.ctx, profileNamed(s.profile)) }); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(s.f.ctx, 10*glance, 4*patience, true, func(ctx context.Context) (bool, error) {
		err := pg.Client.Get(ctx, client.ObjectKey{Name: s.profile}, &profilev1.Profile{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}

func (s *sequence) become(living bool, c choice, send func() error) error {
	before := s.names()
	after := sequence{profile: s.profile, roles: s.roles, living: living, now: c}
	if err := s.log.replace(before, after.names(), send); err != nil {
		return err
	}
	s.living, s.now = living, c
	return nil
}

// names are the accounts that the spec names for roles that IAM is to be asked for.
func (s *sequence) names() []naming {
	if !s.living || !s.now.plugged || s.now.annotateOnly {
		return nil
	}
	named := []naming{{s.roles[s.now.role], editorOf(s.profile)}}
	if s.now.runner {
		named = append(named, naming{s.roles[1-s.now.role], subjectOf(s.profile, "runner")})
	}
	return named
}

func (s *sequence) plugins(c choice) []profilev1.Plugin {
	plugins := []profilev1.Plugin{}
	add := func(role int, more string) {
		spec := awsSpec(roleARN(s.roles[role]), fmt.Sprintf(`"annotateOnly":%t`, c.annotateOnly), more)
		plugins = append(plugins, profilev1.Plugin{Kind: awsKind, Spec: &runtime.RawExtension{Raw: []byte(spec)}})
	}
	if c.plugged {
		add(c.role, `"serviceAccounts":["default-editor"]`)
	}
	if c.plugged && c.runner {
		add(1-c.role, `"serviceAccounts":["runner"]`)
	}
	return plugins
}
