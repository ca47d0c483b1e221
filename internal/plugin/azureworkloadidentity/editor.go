package azureworkloadidentity

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"

	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// editor makes and deletes the federated identity credentials of identities, those of each
// identity by one worker at a time. Requests are put in line by ask, which answers at once
// from what is known; the Profile is called when there is news and asks again.
type editor struct {
	api    ManagedIdentities
	budget *ration.Budget
	timing Timing
	rules  rules
	host   plugin.Host
	log    logr.Logger
	// observe is told of each request to Azure.
	observe func(operation, result string)

	queue   workqueue.TypedDelayingInterface[ResourceID]
	backoff workqueue.TypedRateLimiter[ResourceID]
	started time.Time

	mu         sync.Mutex
	identities map[ResourceID]*memory
}

// workers is how many identities are worked on at the same time. The budget decides how
// fast things go; several workers keep one slow answer from holding up all others.
const workers = 4

// run works until the context ends.
func (e *editor) run(ctx context.Context) {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { e.workAll(ctx) })
	}
	<-ctx.Done()
	e.queue.ShutDown()
	group.Wait()
}

func (e *editor) workAll(ctx context.Context) {
	for {
		id, shutdown := e.queue.Get()
		if shutdown {
			return
		}
		e.work(ctx, id)
		e.queue.Done(id)
	}
}

// memoryOf must be called with the lock held.
func (e *editor) memoryOf(id ResourceID) *memory {
	m, ok := e.identities[id]
	if !ok {
		m = &memory{id: id, looked: e.started}
		e.identities[id] = m
	}
	return m
}

// standing is for how many times Timing.Trust a refusal stands while Azure is asked again,
// so that a Profile does not change its mind each time. The controller looks at what was
// refused every two minutes; what is older was told to somebody else.
const standing = 5

// ask returns nil when the request is known to hold, an error of the kind Refused when it
// cannot, and otherwise sees to it and returns an error of the kind Waiting.
func (e *editor) ask(id ResourceID, r request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.line(e.memoryOf(id), r, time.Now())
}

// probe returns nil when the identity could be read of late and has nothing against the request,
// an error of the kind Refused when it could not or has, and otherwise has it read and returns an
// error of the kind Waiting. Whether Azure has refused to write of late does not matter.
func (e *editor) probe(id ResourceID, r request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.memoryOf(id)
	now := time.Now()
	if !m.knows(now, e.timing.Trust) {
		return e.line(m, r, now)
	}
	if _, refusal := e.rules.judge(id, m.known, r, m.touched); refusal != nil {
		return refusal
	}
	return nil
}

// look has a request that held looked after. It returns after how long it wants to be called
// again, and what was found wrong the last time, if anything. One reading serves all who
// look: those who come after it are served by what it says.
func (e *editor) look(id ResourceID, r request) (time.Duration, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.memoryOf(id)
	now := time.Now()
	last := m.wordOn(r, e.rules)
	due := edits.NextLook(id.String(), e.timing.Drift, m.looked)
	if last.refusal != nil {
		due = last.at.Add(e.timing.Trust)
	}
	missing := !m.knownAt.IsZero() && !last.holds && last.refusal == nil
	if wait := due.Sub(now); wait > 0 && !missing {
		return wait, last.answer()
	}
	m.outdated = m.outdated || !missing
	return 0, e.line(m, r, now)
}

// seen is when this process last saw that a request holds; zero when it has not. An
// answer to a write of ours counts as seeing.
func (e *editor) seen(id ResourceID, r request) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	m, ok := e.identities[id]
	if !ok || !m.wordOn(r, e.rules).holds {
		return time.Time{}
	}
	if wrote := m.touched[r.name].at; wrote.After(m.knownAt) {
		return wrote
	}
	return m.knownAt
}

// line answers a request from what is known, or puts it in line. It must be called with
// the lock held.
func (e *editor) line(m *memory, r request, now time.Time) error {
	i := m.indexOf(r)
	last := m.wordOn(r, e.rules)
	fresh := !m.outdated && now.Sub(last.at) < e.timing.Trust
	if i < 0 && fresh && (last.holds || last.refusal != nil) {
		return last.answer()
	}
	if i < 0 || m.requests[i] != r && !r.probing { // Whatever is in line has the identity read, too.
		m.add(r)
		e.queue.AddAfter(m.id, m.resume.Sub(now))
	}
	switch {
	case last.refusal != nil && !fresh && now.Sub(last.at) < standing*e.timing.Trust:
		return last.refusal
	case m.trouble != nil:
		return m.trouble
	default:
		return waitingFor(m.id)
	}
}

// work serves the requests for one identity, or puts it back in line.
func (e *editor) work(ctx context.Context, id ResourceID) {
	for {
		r, known, ready := e.next(id)
		switch {
		case !ready:
			return
		case !known:
			if !e.read(ctx, id) {
				return
			}
		case !e.serve(ctx, id, r):
			return
		}
	}
}

// next returns the request to serve, when it is time to, and whether enough is known for
// that.
func (e *editor) next(id ResourceID) (r request, known, ready bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.memoryOf(id)
	now := time.Now()
	if pause := m.resume.Sub(now); pause > 0 {
		e.queue.AddAfter(id, pause)
		return request{}, false, false
	}
	r, ready = m.next()
	return r, m.knows(now, e.timing.Trust), ready
}

// read gets the identity and its credentials, unless it turns out that nothing can be done
// now.
func (e *editor) read(ctx context.Context, id ResourceID) bool {
	found, o, err := e.reading(ctx, id)
	if err != nil {
		return e.failed(ctx, id, scope{o, ""}, err, request{})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.memoryOf(id).read(found, time.Now(), e.timing.Settle)
	return true
}

// serve does what one request asks for, and tells its Profile. It returns false when that
// cannot be done now.
func (e *editor) serve(ctx context.Context, id ResourceID, r request) bool {
	e.mu.Lock()
	m := e.memoryOf(id)
	do, _ := e.rules.judge(id, m.known, r, m.touched)
	e.mu.Unlock()
	if r.probing {
		do = nothing
	}
	if do != nothing {
		if r.looking {
			e.log.Info("a federated identity credential was deleted by somebody else; making it anew", "identity", id.String(), "credential", r.name)
		}
		if err := e.write(ctx, id, r, do); err != nil {
			return e.failed(ctx, id, scopeOf(do.operation(), r, err), err, r)
		}
	}
	e.answered(m, r, do)
	return true
}

// answered takes a request out of the line and has its Profile ask again. What a reading
// refuses is not noted: the reading is there, and refuses again.
func (e *editor) answered(m *memory, r request, done todo) {
	e.mu.Lock()
	m.trouble = nil
	e.backoff.Forget(m.id)
	if done != nothing {
		m.wrote(r, done, time.Now())
	}
	profiles := m.remove(func(waiting request) bool { return waiting == r })
	e.mu.Unlock()
	e.call(profiles)
}

// failed keeps the requests in line when the fault will pass, and otherwise has those told
// that it is about; then it returns true, because others may be served all the same.
// attempted is the request whose write failed, if it was one.
func (e *editor) failed(ctx context.Context, id ResourceID, s scope, err error, attempted request) bool {
	if ctx.Err() != nil {
		return false // The process ends; the next one finds out what was done.
	}
	why := explain(id, s.operation, err)
	e.log.Info("Azure did not do what was asked", "identity", id.String(), "operation", s.operation.name, "reason", why.Reason, "error", err.Error())
	now := time.Now()
	e.mu.Lock()
	m := e.memoryOf(id)
	if attempted.name != "" && maybeDone(err) {
		m.touch(attempted, now)
	}
	var profiles []string
	if why.Kind == plugin.Waiting {
		profiles = e.wait(m, why, max(pauseAsked(err, now), e.backoff.When(id)))
	} else {
		m.fail(s, failure{err: why, at: now, gone: gone(s.operation, err)})
		profiles = m.remove(func(r request) bool {
			told := m.wordOn(r, e.rules)
			return told.at.Equal(now) && (told.holds || told.refusal != nil)
		})
	}
	e.mu.Unlock()
	e.call(profiles)
	return why.Kind != plugin.Waiting
}

// wait puts an identity back in line after a passing fault, and returns the Profiles to
// which it is news. What has gone wrong may be due to what the last reading lacks.
func (e *editor) wait(m *memory, why *plugin.Error, pause time.Duration) []string {
	news := m.trouble == nil || m.trouble.Message != why.Message
	m.trouble, m.resume, m.outdated = why, time.Now().Add(pause), true
	e.queue.AddAfter(m.id, pause)
	if !news {
		return nil
	}
	return profilesOf(m.requests)
}

func (e *editor) call(profiles []string) {
	for _, profile := range profiles {
		e.host.Again(profile)
	}
}
