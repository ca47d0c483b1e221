package awsirsa

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// editor edits the trust policies of roles, each role by one worker at a time. Wishes
// are put in line by ask, which answers at once from what is known; the Profile is
// called when there is news and asks again.
type editor struct {
	client IAM
	budget *budget
	timing Timing
	// limit is the size in characters that trust policies may have.
	limit int
	// requireTag lets only roles be opened that are tagged for the Profile.
	requireTag bool
	host       plugin.Host
	log        logr.Logger
	// observe is told of each request to IAM.
	observe func(operation, result string)

	queue   workqueue.TypedRateLimitingInterface[string]
	started time.Time

	mu    sync.Mutex
	roles map[string]*memory
}

// workers is how many roles are worked on at the same time. The budget decides how fast
// things go; several workers keep one slow answer from holding up all other roles.
const workers = 4

// run works until the context ends.
func (e *editor) run(ctx context.Context) {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				arn, shutdown := e.queue.Get()
				if shutdown {
					return
				}
				e.work(ctx, arn)
				e.queue.Done(arn)
			}
		})
	}
	<-ctx.Done()
	e.queue.ShutDown()
	group.Wait()
}

// memoryOf must be called with the lock held.
func (e *editor) memoryOf(role roleARN) *memory {
	m, ok := e.roles[role.text]
	if !ok {
		m = &memory{role: role, looked: e.started}
		e.roles[role.text] = m
	}
	return m
}

// ask returns nil when the wish is known to hold, an error of the kind Refused when it
// cannot, and otherwise sees to it and returns an error of the kind Waiting.
func (e *editor) ask(role roleARN, r request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.memoryOf(role)
	now := time.Now()
	i := m.indexOf(r.key())
	if i < 0 {
		if m.failure != nil && now.Sub(m.failedAt) < e.timing.Failure {
			if answered, err := r.underFailure(m.failure); answered {
				return err
			}
		}
		// A look is there to read anew.
		if !r.looking && !m.knownAt.IsZero() && now.Sub(m.knownAt) < e.timing.Trust {
			if answered, err := e.answer(m, r); answered {
				return err
			}
		}
	}
	if i < 0 || m.requests[i] != r {
		m.add(r, now)
		e.queue.AddAfter(role.text, e.timing.Gather)
	}
	if m.trouble != nil {
		return m.trouble
	}
	return waitingFor(role)
}

// answer judges a request by what is known of the role.
func (e *editor) answer(m *memory, r request) (answered bool, err error) {
	if refusal := e.untagged(m.role, m.known, r); refusal != nil {
		return true, refusal
	}
	outcome, err := judge(m.known.policy, r.wish, e.limit)
	switch {
	case err != nil:
		return true, explain(m.role, "GetRole", err)
	case outcome == served:
		return true, nil
	case outcome == noRoom:
		return true, full(m.role, m.known.policy, r.grant, e.limit)
	default:
		return false, nil
	}
}

// work brings one role to where the waiting requests want it, or puts it back in line.
func (e *editor) work(ctx context.Context, arn string) {
	const turns = 3 // One to write, one to verify, one in case somebody wrote in between.
	for range turns {
		role, requests, ready := e.waiting(arn)
		if !ready {
			return
		}
		found, ok := e.read(ctx, role, requests)
		if !ok {
			return
		}
		settled := e.settleOrEdit(ctx, role, found, requests)
		if settled {
			return
		}
	}
	e.queue.AddRateLimited(arn)
}

// waiting returns the requests for a role when it is time to serve them. What another
// process wrote just before this one started may not show yet, and this one would not know
// that it was replaced; so nothing is done until that has settled.
func (e *editor) waiting(arn string) (roleARN, []request, bool) {
	backlog := e.host.Backlog()
	e.mu.Lock()
	defer e.mu.Unlock()
	m, ok := e.roles[arn]
	if !ok || len(m.requests) == 0 {
		return roleARN{}, nil, false
	}
	if tooEarly := e.timing.Hold - time.Since(e.started); tooEarly > 0 {
		e.queue.AddAfter(arn, tooEarly)
		return roleARN{}, nil, false
	}
	if backlog > 0 && !m.writing && time.Since(m.waitingSince) < e.timing.GatherAtMost {
		e.queue.AddAfter(arn, e.timing.Gather)
		return roleARN{}, nil, false
	}
	return m.role, slices.Clone(m.requests), true
}

// read gets the role's policy, unless it turns out that nothing can be done now.
func (e *editor) read(ctx context.Context, role roleARN, requests []request) (reading, bool) {
	var found reading
	err := e.request(ctx, "GetRole", func() (err error) {
		found, err = readRole(ctx, e.client, role)
		return err
	})
	if err != nil {
		e.failed(role, "GetRole", err, requests)
		return reading{}, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.roles[role.text].outdated(found.policy, time.Now(), e.timing.Settle) {
		e.queue.AddAfter(role.text, e.timing.Reread)
		return reading{}, false
	}
	return found, true
}

// settleOrEdit returns true when the role is as it should be or cannot be so now, and
// false when it was written and has to be read again.
func (e *editor) settleOrEdit(ctx context.Context, role roleARN, found reading, requests []request) bool {
	var wishes []wish
	looking := false
	for _, r := range requests {
		if e.untagged(role, found, r) == nil {
			wishes = append(wishes, r.wish)
			looking = looking || r.looking
		}
	}
	edited, err := edit(found.policy, wishes, e.limit)
	if err != nil {
		e.failed(role, "GetRole", err, requests)
		return true
	}
	if bytes.Equal(edited, found.policy) {
		e.settled(role, found, requests)
		return true
	}
	if looking {
		e.log.Info("the trust policy was changed by somebody else; putting back what is missing", "role", role.text)
	}
	return !e.write(ctx, role, found.policy, edited, requests)
}

// write replaces the policy. It notes what it replaces beforehand, because a request that
// fails may have been carried out.
func (e *editor) write(ctx context.Context, role roleARN, before, after []byte, requests []request) bool {
	e.mu.Lock()
	m := e.roles[role.text]
	m.writing = true
	m.replaced = append(m.replaced, former{policy: before, at: time.Now()})
	e.mu.Unlock()
	err := e.request(ctx, "UpdateAssumeRolePolicy", func() error {
		return writeTrustPolicy(ctx, e.client, role, after)
	})
	if err == nil {
		// What is written holds from now on, also if it was replaced earlier. While that is
		// not certain it must not be believed: a read may show it from the time before.
		e.forgetReplaced(m, after)
		return true
	}
	if !maybeDone(err) {
		e.forgetReplaced(m, before)
	}
	e.failed(role, "UpdateAssumeRolePolicy", err, requests)
	return false
}

func (e *editor) forgetReplaced(m *memory, policy []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.forgetReplaced(policy)
}

// request sends one request within the budget.
func (e *editor) request(ctx context.Context, operation string, send func() error) error {
	if err := e.budget.take(ctx); err != nil {
		return err
	}
	err := send()
	e.budget.learn(throttled(err))
	e.observe(operation, resultOf(err))
	return err
}

// settled notes that the role is as the requests want it, or as near as it can be, and
// has their Profiles ask again.
func (e *editor) settled(role roleARN, found reading, requests []request) {
	now := time.Now()
	e.mu.Lock()
	m := e.roles[role.text]
	m.known, m.knownAt, m.looked = found, now, now
	m.failure, m.trouble, m.writing = nil, nil, false
	profiles := m.remove(requests)
	m.waitingSince = now
	e.mu.Unlock()
	e.queue.Forget(role.text)
	e.call(profiles)
}

// failed keeps the requests in line when the fault will pass, and otherwise has their
// Profiles told.
func (e *editor) failed(role roleARN, operation string, err error, requests []request) {
	why := explain(role, operation, err)
	e.log.Info("IAM did not do what was asked", "role", role.text, "operation", operation, "reason", why.Reason, "error", err.Error())
	now := time.Now()
	e.mu.Lock()
	m := e.roles[role.text]
	var profiles []string
	if why.Kind == plugin.Waiting {
		if m.trouble == nil || m.trouble.Message != why.Message {
			profiles = profilesOf(requests)
		}
		m.trouble = why
	} else {
		m.failure, m.failedAt, m.looked = why, now, now
		m.trouble, m.writing, m.knownAt = nil, false, time.Time{}
		profiles = m.remove(requests)
	}
	e.mu.Unlock()
	if why.Kind == plugin.Waiting {
		e.queue.AddRateLimited(role.text)
	} else {
		e.queue.Forget(role.text)
	}
	e.call(profiles)
}

func (e *editor) call(profiles []string) {
	for _, profile := range profiles {
		e.host.Again(profile)
	}
}

// untilLook is how long there is until a role is looked at to see whether somebody
// changed it, and why it could not be looked at the last time, if so.
func (e *editor) untilLook(role roleARN) (time.Duration, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.memoryOf(role)
	if m.failure != nil {
		return e.timing.Failure - time.Since(m.failedAt), m.failure
	}
	return time.Until(nextLook(role.text, e.timing.Drift, m.looked)), nil
}
