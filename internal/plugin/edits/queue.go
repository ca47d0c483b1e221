package edits

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Options are what a Queue needs besides its Cloud.
type Options struct {
	// Name tells the queue's metrics from those of others, such as aws-roles.
	Name string
	// Host is the controller.
	Host plugin.Host
	// Log gets what is worth knowing and belongs to no Profile's status.
	Log logr.Logger
	// Budget rations the requests. Queues that call the same API share one.
	Budget *ration.Budget
	// Timing is how long things are waited for and believed.
	Timing Timing
}

// Queue brings identities to where the Profiles want them. The package comment has what
// it promises.
type Queue[S any, W Wish] struct {
	cloud  Cloud[S, W]
	host   plugin.Host
	log    logr.Logger
	budget *ration.Budget
	timing Timing
	// same is nil when the cloud is not Lagging.
	same    func(a, b S) bool
	line    workqueue.TypedRateLimitingInterface[string]
	started time.Time

	mu         sync.Mutex
	identities map[string]*memory[S, W]
}

// New returns a queue. It works while Run does.
func New[S any, W Wish](cloud Cloud[S, W], o Options) *Queue[S, W] {
	q := &Queue[S, W]{cloud: cloud, host: o.Host, log: o.Log, budget: o.Budget, timing: o.Timing,
		started: time.Now(), identities: map[string]*memory[S, W]{},
		line: workqueue.NewTypedRateLimitingQueueWithConfig(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](o.Timing.Backoff, o.Timing.LongestBackoff),
			workqueue.TypedRateLimitingQueueConfig[string]{Name: o.Name})}
	if lagging, ok := cloud.(Lagging[S]); ok {
		q.same = lagging.Same
	}
	return q
}

// workers is how many identities are worked on at the same time. The budget decides how
// fast things go; several workers keep one slow answer from holding up all the others.
const workers = 4

// Run works until the context ends.
func (q *Queue[S, W]) Run(ctx context.Context) {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				identity, shutdown := q.line.Get()
				if shutdown {
					return
				}
				q.work(ctx, identity)
				q.line.Done(identity)
			}
		})
	}
	<-ctx.Done()
	q.line.ShutDown()
	group.Wait()
}

// Ask returns nil when the wish is known to hold, a refusal when it cannot, and otherwise
// sees to it and returns an error that says what it is waiting for. It never waits itself.
// The wish's Profile is called when there is news, and asks again.
func (q *Queue[S, W]) Ask(identity string, wish W) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ask(identity, request[W]{wish: wish})
}

// Probe returns nil when the identity could be read of late and the state has nothing against
// the wish, a refusal when it could not or has, and otherwise has it read and returns an error that
// says what it is waiting for. Nothing is edited for a wish that was only probed.
func (q *Queue[S, W]) Probe(identity string, wish W) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.memoryOf(identity)
	now := time.Now()
	if m.failure == nil && !m.knownAt.IsZero() && now.Sub(m.knownAt) < q.timing.Trust {
		_, refusal := q.cloud.Judge(m.known, wish)
		return refusal
	}
	return q.ask(identity, request[W]{wish: wish, probing: true})
}

// Look sees to it from time to time that a wish which was granted still holds, whoever
// changes the identity, and returns after how long it is to be called again. An error says
// why it could not look the last time, or that it is looking now.
func (q *Queue[S, W]) Look(identity string, wish W) (time.Duration, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.memoryOf(identity)
	wait, err := q.untilLook(m, identity)
	if err == nil && !m.knownAt.IsZero() {
		served, refusal := q.cloud.Judge(m.known, wish)
		switch {
		case refusal != nil: // Somebody may be mending it, so the next look comes sooner.
			wait, err = min(wait, q.timing.Failure-time.Since(m.looked)), refusal
		case !served: // The look of another Profile has shown that this one's grant is missing.
			wait = 0
		}
	}
	if wait > 0 {
		return wait, err
	}
	return 0, q.ask(identity, request[W]{wish: wish, looking: true})
}

// Seen is when this process last saw the identity in a state that serves the wish; zero when
// it has not, or when the latest state does not.
func (q *Queue[S, W]) Seen(identity string, wish W) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, ok := q.identities[identity]
	if !ok || m.knownAt.IsZero() {
		return time.Time{}
	}
	if served, refusal := q.cloud.Judge(m.known, wish); !served || refusal != nil {
		return time.Time{}
	}
	return m.knownAt
}

// untilLook must be called with the lock held, as memoryOf, ask and answer.
func (q *Queue[S, W]) untilLook(m *memory[S, W], identity string) (time.Duration, error) {
	if m.failure != nil {
		return q.timing.Failure - time.Since(m.failedAt), m.failure
	}
	return time.Until(NextLook(identity, q.timing.Drift, m.looked)), nil
}

func (q *Queue[S, W]) memoryOf(identity string) *memory[S, W] {
	m, ok := q.identities[identity]
	if !ok {
		m = &memory[S, W]{looked: q.started, replaced: replaced[S]{same: q.same}}
		q.identities[identity] = m
	}
	return m
}

func (q *Queue[S, W]) ask(identity string, r request[W]) error {
	m := q.memoryOf(identity)
	now := time.Now()
	if m.indexOf(r.wish.Subject()) < 0 {
		if served, refusal := q.answer(m, r, now); served || refusal != nil {
			return refusal
		}
	}
	if m.add(r, now) {
		q.line.AddAfter(identity, q.gatherFor(r))
	}
	if m.trouble != nil {
		return m.trouble
	}
	return &plugin.Error{Kind: plugin.Waiting, Reason: profilev1.ReasonBinding, Message: q.cloud.Waiting(identity)}
}

// gatherFor is how long a request waits for others to be carried out with. Nothing is carried out
// for a probe.
func (q *Queue[S, W]) gatherFor(r request[W]) time.Duration {
	if r.probing {
		return 0
	}
	return q.timing.Gather
}

// answer judges a request by what is known of the identity, in the way of Cloud.Judge. A
// look is there to read anew.
func (q *Queue[S, W]) answer(m *memory[S, W], r request[W], now time.Time) (served bool, refusal error) {
	if m.failure != nil && now.Sub(m.failedAt) < q.timing.Failure {
		if served, refusal = q.cloud.UnderFailure(m.failure, r.wish); served || refusal != nil {
			return served, refusal
		}
	}
	if r.looking || m.knownAt.IsZero() || now.Sub(m.knownAt) >= q.timing.Trust {
		return false, nil
	}
	return q.cloud.Judge(m.known, r.wish)
}
