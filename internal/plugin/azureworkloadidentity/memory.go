package azureworkloadidentity

import (
	"slices"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// memory is what is known and waited for about one identity. Losing it costs requests,
// never a permission: what has to be done stands in the Profiles.
type memory struct {
	id ResourceID
	// requests wait to be served, the oldest first, at most one about each credential.
	requests []request
	// known is the last reading, brought up to date by our own writes, and when it was
	// made. outdated is true when there may be news that it lacks.
	known    reading
	knownAt  time.Time
	outdated bool
	// touched are our own last writes by the name of the credential. A list that was read
	// within Timing.Settle after them is not believed about that name.
	touched map[string]touch
	// failures are what Azure refused and has not done since, by what it refused.
	failures map[scope]failure
	// trouble is the passing fault that is being waited out, if any, and resume is when
	// Azure is asked again at the earliest.
	trouble *plugin.Error
	resume  time.Time
	// looked is when the identity was last read, or when this process started.
	looked time.Time
}

// touch is a write of ours that was done, or may have been.
type touch struct {
	present bool
	at      time.Time
}

// scope is what a failure is about: an operation on the identity, or on one credential when
// that is given.
type scope struct {
	operation operation
	name      string
}

// failure is what Azure refused, and since when.
type failure struct {
	err *plugin.Error
	at  time.Time
	// gone is true when it proves that the identity does not exist.
	gone bool
}

// word is the last that is known about a request. Without a refusal, and unless it holds,
// something has to be done first.
type word struct {
	holds   bool
	refusal *plugin.Error
	// at is when it became known.
	at time.Time
}

// answer is what the Profile is told. A nil *plugin.Error would be an error.
func (w word) answer() error {
	if w.refusal != nil {
		return w.refusal
	}
	return nil
}

// wordOn says what is known about a request. What was to be taken back from an identity
// that does not exist is gone.
func (m *memory) wordOn(r request, rl rules) word {
	for _, s := range []scope{{getIdentity, ""}, {listCredentials, ""}} {
		if f, failed := m.failures[s]; failed && f.gone && !r.present {
			return word{holds: true, at: f.at}
		} else if failed {
			return word{refusal: f.err, at: f.at}
		}
	}
	if m.knownAt.IsZero() {
		return word{}
	}
	do, refusal := rl.judge(m.id, m.known, r, m.touched)
	if refusal != nil || do == nothing {
		return word{holds: refusal == nil, refusal: refusal, at: m.knownAt}
	}
	for _, s := range []scope{{do.operation(), ""}, {do.operation(), r.name}} {
		if f, failed := m.failures[s]; failed {
			return word{refusal: f.err, at: f.at}
		}
	}
	return word{}
}

// add puts a request in line, in the place of an earlier one about the same credential.
func (m *memory) add(r request) {
	if i := m.indexOf(r); i >= 0 {
		m.requests[i] = r
		return
	}
	m.requests = append(m.requests, r)
}

func (m *memory) indexOf(r request) int {
	return slices.IndexFunc(m.requests, func(other request) bool { return other.name == r.name })
}

// remove takes requests that were dealt with out of the line and returns the Profiles that
// made them. A request that has been replaced meanwhile stays.
func (m *memory) remove(done func(request) bool) []string {
	profiles := profilesOf(slices.DeleteFunc(slices.Clone(m.requests), func(r request) bool { return !done(r) }))
	m.requests = slices.DeleteFunc(m.requests, done)
	return profiles
}

// profilesOf names each Profile once.
func profilesOf(requests []request) []string {
	var profiles []string
	for _, r := range requests {
		if !slices.Contains(profiles, r.profile) {
			profiles = append(profiles, r.profile)
		}
	}
	return profiles
}

// next is the request to serve first. Removals make room for others.
func (m *memory) next() (request, bool) {
	if i := slices.IndexFunc(m.requests, func(r request) bool { return !r.present }); i >= 0 {
		return m.requests[i], true
	}
	if len(m.requests) > 0 {
		return m.requests[0], true
	}
	return request{}, false
}

// read notes what Azure said. Our writes count as settled some time after they were made.
func (m *memory) read(found reading, now time.Time, settle time.Duration) {
	m.known, m.knownAt, m.outdated, m.looked = found, now, false, now
	delete(m.failures, scope{getIdentity, ""})
	delete(m.failures, scope{listCredentials, ""})
	for name, t := range m.touched {
		if now.Sub(t.at) >= settle {
			delete(m.touched, name)
		}
	}
}

// knows tells whether the last reading is as good as a new one.
func (m *memory) knows(now time.Time, trust time.Duration) bool {
	return !m.knownAt.IsZero() && !m.outdated && now.Sub(m.knownAt) < trust
}

// wrote brings what is known up to date with a write of ours.
func (m *memory) wrote(r request, do todo, now time.Time) {
	if r.present {
		m.known = m.known.with(r.grant)
	} else {
		m.known = m.known.without(r.grant)
	}
	delete(m.failures, scope{do.operation(), ""})
	delete(m.failures, scope{do.operation(), r.name})
	m.touch(r, now)
}

// touch notes that a write was done, or may have been.
func (m *memory) touch(r request, now time.Time) {
	if m.touched == nil {
		m.touched = map[string]touch{}
	}
	m.touched[r.name] = touch{present: r.present, at: now}
}

// fail notes what Azure refused. That reading is refused is as new a word as what is read.
func (m *memory) fail(s scope, f failure) {
	if m.failures == nil {
		m.failures = map[scope]failure{}
	}
	m.failures[s] = f
	m.trouble = nil
	if s.operation == getIdentity || s.operation == listCredentials {
		m.looked, m.outdated = f.at, false
	}
}
