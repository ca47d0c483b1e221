package vault

import (
	"math/rand/v2"
	"sync"
	"time"
)

// schedule knows when each role was seen to be right and when it is to be looked at next.
type schedule struct {
	interval time.Duration
	now      func() time.Time

	mu   sync.Mutex
	due  map[string]time.Time
	seen map[string]sight
}

// sight is a policy that a role was seen to give, and when.
type sight struct {
	policy string
	at     time.Time
}

func newSchedule(interval time.Duration, now func() time.Time) *schedule {
	return &schedule{interval: interval, now: now, due: map[string]time.Time{}, seen: map[string]sight{}}
}

// wait is how long to wait before a look; not more than zero means now. A role that this
// process has nothing to do with yet was bound by an earlier one. It gets its turn within
// the interval, so that a new process does not look at all roles together.
func (s *schedule) wait(role string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	due, known := s.due[role]
	if !known {
		due = s.now().Add(rand.N(s.interval) + 1)
		s.due[role] = due
	}
	return due.Sub(s.now())
}

// looked notes that a role was just seen to give a policy, as it should.
func (s *schedule) looked(role, policy string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due[role], s.seen[role] = s.now().Add(s.interval), sight{policy, s.now()}
}

// seenAt is when a role was last seen to give a policy; zero when it was not.
func (s *schedule) seenAt(role, policy string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[role].policy != policy {
		return time.Time{}
	}
	return s.seen[role].at
}

// doubt has a role looked at the next time that somebody asks.
func (s *schedule) doubt(role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due[role] = time.Time{}
	delete(s.seen, role)
}
