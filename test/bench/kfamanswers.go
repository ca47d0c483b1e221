package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	// loadRounds is how often each server is asked; the figures are the medians of the rounds.
	loadRounds = 10
	// changingRounds is the same for the rounds during which bindings change.
	changingRounds = 4
	// loadRound is how long a round takes.
	loadRound = 2 * time.Second
)

// question is what a user asks about themself.
type question struct{ user, query string }

// server is one that is asked.
type server struct {
	address string
	pid     int
	// rates are the answers a second in each round, tooks how long each answer took.
	rates []float64
	tooks []time.Duration
	cpu   float64
}

// measureAnswers asks the access API and the bare server.
func (s *stage) measureAnswers(ctx context.Context, f *kfamFigures, kfam *playground.KFAM) (err error) {
	var questions []question
	for _, name := range s.names {
		user := newProfile(name).Spec.Owner.Name
		questions = append(questions, question{user, "user=" + url.QueryEscape(user)})
	}
	if err := s.settle(ctx, kfam.PID()); err != nil {
		return err
	}
	if f.RSSIdle, _, err = memoryOf(kfam.PID()); err != nil {
		return err
	}
	l := newLoad(questions)
	if err := l.learn(ctx, kfam.URL, f.Bindings/f.Profiles+1); err != nil {
		return err
	}
	bare, err := startBareServer(ctx, s.plane.Folder, l.answers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	if err := s.quiet(ctx); err != nil {
		return err
	}
	if err := s.measureSteady(ctx, f, l, kfam, bare); err != nil {
		return err
	}
	if f.RSS, _, err = memoryOf(kfam.PID()); err != nil {
		return err
	}
	return s.measureChanging(ctx, f, l, kfam, bare)
}

func serversOf(kfam *playground.KFAM, bare *bareServer) (api, same *server) {
	return &server{address: kfam.URL, pid: kfam.PID()}, &server{address: bare.address, pid: bare.pid()}
}

// measureSteady asks while nothing changes in the cluster.
func (s *stage) measureSteady(ctx context.Context, f *kfamFigures, l *load, kfam *playground.KFAM, bare *bareServer) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	api, same := serversOf(kfam, bare)
	m, err := startMeter(s.pid, api.pid, same.pid)
	if err != nil {
		return err
	}
	if err := s.takeTurns(ctx, l, api, same, loadRounds); err != nil {
		return err
	}
	used, err := m.stop()
	f.addSteady(api, same)
	f.ClientCPU = 1e6 * used.cpu[os.Getpid()] / float64(len(api.tooks)+len(same.tooks))
	f.Disturbed = used.others
	return err
}

// measureChanging asks while bindings come and go.
func (s *stage) measureChanging(ctx context.Context, f *kfamFigures, l *load, kfam *playground.KFAM, bare *bareServer) error {
	s.say("the same while bindings change")
	api, same := serversOf(kfam, bare)
	err := s.whileBindingsChange(ctx, func(ctx context.Context) error { return s.takeTurns(ctx, l, api, same, changingRounds) })
	if err == nil {
		f.addChanging(api, same)
	}
	return err
}

// takeTurns asks two servers, each first every other time, so that a machine that gets slower
// or faster does it to both.
func (s *stage) takeTurns(ctx context.Context, l *load, api, bare *server, rounds int) error {
	for i := range rounds {
		turn := []*server{api, bare}
		if i%2 == 1 {
			slices.Reverse(turn)
		}
		for _, one := range turn {
			if err := l.round(ctx, one, loadRound); err != nil {
				return err
			}
		}
		s.say("round %d of %d: access API %.0f, bare server %.0f answers a second", i+1, rounds, api.rates[i], bare.rates[i])
	}
	return nil
}

// addSteady works out the figures of the rounds during which nothing changed.
func (f *kfamFigures) addSteady(api, bare *server) {
	f.UserRPS, f.BareRPS = spreadOf(api.rates).median, spreadOf(bare.rates).median
	f.Ratio = f.UserRPS / f.BareRPS
	f.UserP99, f.BareP99 = percentile(api.tooks, 99).Seconds()*1e3, percentile(bare.tooks, 99).Seconds()*1e3
	f.UserCPU, f.BareCPU = 1e6*api.cpu/float64(len(api.tooks)), 1e6*bare.cpu/float64(len(bare.tooks))
}

// addChanging works out those of the rounds during which bindings changed.
func (f *kfamFigures) addChanging(api, bare *server) {
	f.ChangingRPS = spreadOf(api.rates).median
	f.ChangingRatio = f.ChangingRPS / spreadOf(bare.rates).median
	f.ChangingCPU = 1e6 * api.cpu / float64(len(api.tooks))
}

// percentile is the time that so many of a hundred stay within.
func percentile(tooks []time.Duration, of int) time.Duration {
	sorted := slices.Sorted(slices.Values(tooks))
	return sorted[(len(sorted)*of+99)/100-1]
}
