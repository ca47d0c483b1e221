package awspodidentity

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// memory is what this process knows. Losing it costs requests, never a permission: what
// has to be done stands in the Profiles.
type memory struct {
	started time.Time
	timing  Timing

	mu       sync.Mutex
	accounts map[account]*known
	// refusals are remembered by what those have in common who share them, see scopes.
	refusals map[string]refused
}

// known is what this process knows of one account. Its lock is held while EKS is asked, so
// that an update and a deletion of the same association do not cross.
type known struct {
	sync.Mutex
	// due is when the association is looked at next.
	due time.Time
	// failure is what the last look found, if it was refused.
	failure *plugin.Error
	// written is what this process last made the association, and when.
	written   wish
	writtenAt time.Time
	// seen is what the association was last seen to be, and when.
	seen   wish
	seenAt time.Time
}

// refused is something that cannot work, and since when.
type refused struct {
	why *plugin.Error
	at  time.Time
}

func newMemory(timing Timing) *memory {
	return &memory{started: time.Now(), timing: timing, accounts: map[account]*known{}, refusals: map[string]refused{}}
}

// of returns what is known of an account. One of which nothing is known was bound before
// this process started; its first look falls anywhere in the interval.
func (m *memory) of(a account) *known {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.accounts[a]
	if !ok {
		k = &known{due: m.started.Add(rand.N(m.timing.Drift))}
		m.accounts[a] = k
	}
	return k
}

// held notes that the association was seen to be as a wish wants it. Looks are spread, so that
// Profiles that came together are not all looked at together.
func (m *memory) held(k *known, w wish) {
	k.seen, k.seenAt = w, time.Now()
	k.due, k.failure = time.Now().Add(m.timing.Drift/2+rand.N(m.timing.Drift)), nil
}

// wrote notes that EKS made the association what a wish asks for.
func (k *known) wrote(w wish) { k.written, k.writtenAt = w, time.Now() }

// errOutdated tells that an answer is from before our own last change.
var errOutdated = errors.New("EKS shows the association as it was before it was changed")

// outdated tells whether what EKS shows may be from before the last change: within the
// time to settle, anything but what was written is not believed.
func (m *memory) outdated(k *known, found *association) bool {
	return time.Since(k.writtenAt) < m.timing.Settle && (found == nil || !found.gives(k.written))
}

// removed notes that the association was deleted. The account may still be bound to
// something else, so it is looked at the next time that anybody asks.
func (k *known) removed() {
	k.due, k.failure, k.writtenAt, k.seen = time.Time{}, nil, time.Time{}, wish{}
}

// refuse remembers that something cannot work: for all that have the scope in common.
func (m *memory) refuse(scope string, why *plugin.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusals[scope] = refused{why, time.Now()}
}

// refusal returns why a wish cannot work, as far as is known from others of late.
func (m *memory) refusal(scopes ...string) *plugin.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, scope := range scopes {
		r, ok := m.refusals[scope]
		if ok && time.Since(r.at) < m.timing.Failure {
			return r.why
		}
		delete(m.refusals, scope)
	}
	return nil
}
