package awsirsa

import (
	"context"
	"sync"

	"golang.org/x/time/rate"
)

// budget rations requests to IAM. IAM throttles an account as a whole, by rules that AWS
// does not publish, and what we take is taken from everybody's tools in that account. So
// the rate is bounded, is halved when IAM throttles, and grows back slowly.
type budget struct {
	limiter *rate.Limiter
	most    rate.Limit

	mu sync.Mutex
}

const (
	// throttledShare is what remains of the rate when IAM throttles.
	throttledShare = 0.5
	// recovery is how much the rate grows with each request that went well.
	recovery = 1.05
	// leastRate keeps things going, in requests a second.
	leastRate = 0.2
)

// newBudget allows so many requests a second, and a burst of two seconds' worth.
func newBudget(perSecond float64) *budget {
	return &budget{limiter: rate.NewLimiter(rate.Limit(perSecond), max(1, int(2*perSecond))), most: rate.Limit(perSecond)}
}

// take waits for permission to send one request.
func (b *budget) take(ctx context.Context) error { return b.limiter.Wait(ctx) }

// learn adjusts the rate to how a request went.
func (b *budget) learn(throttled bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	present := b.limiter.Limit()
	if throttled {
		b.limiter.SetLimit(max(min(leastRate, b.most), present*throttledShare))
	} else if present < b.most {
		b.limiter.SetLimit(min(b.most, present*recovery))
	}
}
