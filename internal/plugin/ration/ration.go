// Package ration keeps a plugin within its share of what a cloud's API allows.
//
// Clouds throttle an account or a project as a whole, often by rules that they do not
// publish, and what a plugin takes is taken from everybody's tools there. So the rate is
// bounded, is halved when the cloud throttles, and grows back slowly.
package ration

import (
	"context"
	"sync"

	"golang.org/x/time/rate"
)

// Budget rations the requests to one API. NewBudget makes one; it may be used by many at
// the same time.
type Budget struct {
	limiter *rate.Limiter
	most    rate.Limit

	mu sync.Mutex
}

const (
	// throttledShare is what remains of the rate when the cloud throttles.
	throttledShare = 0.5
	// recovery is how much the rate grows with each request that was not throttled.
	recovery = 1.05
	// leastRate keeps things going, in requests a second.
	leastRate = 0.2
)

// NewBudget allows so many requests a second, which must be more than 0, and a burst of
// two seconds' worth.
func NewBudget(perSecond float64) *Budget {
	return &Budget{limiter: rate.NewLimiter(rate.Limit(perSecond), max(1, int(2*perSecond))), most: rate.Limit(perSecond)}
}

// Take waits until one more request may be sent. An error means that the context ended
// first, and that nothing may be sent.
func (b *Budget) Take(ctx context.Context) error { return b.limiter.Wait(ctx) }

// Learn adjusts the rate to how a request went. It is called once for each request that
// was sent.
func (b *Budget) Learn(throttled bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	present := b.limiter.Limit()
	if throttled {
		b.limiter.SetLimit(max(min(leastRate, b.most), present*throttledShare))
	} else if present < b.most {
		b.limiter.SetLimit(min(b.most, present*recovery))
	}
}
