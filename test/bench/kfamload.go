package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// load asks questions, as many at a time as concurrency says.
type load struct {
	client    *http.Client
	questions []question
	// answers are those of the access API, by query.
	answers map[string][]byte
	// next counts the questions that were asked.
	next atomic.Int64
}

func newLoad(questions []question) *load {
	return &load{questions: questions, answers: map[string][]byte{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency, DisableCompression: true}}}
}

// learn asks every question once, so that answers can be compared from then on.
func (l *load) learn(ctx context.Context, address string, bindings int) error {
	for _, q := range l.questions {
		var answer bytes.Buffer
		if err := l.ask(ctx, address, q, &answer); err != nil {
			return err
		}
		if err := checkAnswer(answer.Bytes(), q.user, bindings); err != nil {
			return err
		}
		l.answers[q.query] = answer.Bytes()
	}
	return nil
}

// ask puts the answer into a buffer.
func (l *load) ask(ctx context.Context, address string, q question, answer *bytes.Buffer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/kfam/v1/bindings?"+q.query, nil)
	if err != nil {
		return err
	}
	request.Header.Set(settings.UserIDHeader, settings.UserIDPrefix+q.user)
	response, err := l.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s to the question of %s", address, response.Status, q.user)
	}
	answer.Reset()
	_, err = answer.ReadFrom(response.Body)
	return err
}

// round asks one server for some time, and wants the answers that it learned.
func (l *load) round(ctx context.Context, of *server, length time.Duration) error {
	before, err := timesOf(of.pid)
	if err != nil {
		return err
	}
	began := time.Now()
	var lock sync.Mutex
	var tooks []time.Duration
	err = forEach(ctx, make([]struct{}, concurrency), func(ctx context.Context, _ struct{}) error {
		own, err := l.work(ctx, of.address, began.Add(length))
		lock.Lock()
		defer lock.Unlock()
		tooks = append(tooks, own...)
		return err
	})
	if err != nil {
		return err
	}
	elapsed := time.Since(began).Seconds()
	after, err := timesOf(of.pid)
	of.cpu += after.cpu - before.cpu
	of.rates = append(of.rates, float64(len(tooks))/elapsed)
	of.tooks = append(of.tooks, tooks...)
	return err
}

// work is one client's part of a round.
func (l *load) work(ctx context.Context, address string, until time.Time) (tooks []time.Duration, err error) {
	var answer bytes.Buffer
	for begin := time.Now(); begin.Before(until); {
		q := l.questions[int(l.next.Add(1))%len(l.questions)]
		if err = l.ask(ctx, address, q, &answer); err != nil {
			return nil, err
		}
		if !bytes.Equal(answer.Bytes(), l.answers[q.query]) {
			return nil, fmt.Errorf("%s changed its answer to %s: %s", address, q.user, &answer)
		}
		end := time.Now()
		tooks = append(tooks, end.Sub(begin))
		begin = end
	}
	return tooks, nil
}
