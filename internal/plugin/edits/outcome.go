package edits

import (
	"slices"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// settled notes that the identity is as the requests want it, or as near as it can be, and
// has their Profiles ask again, and those whose probes have come in line meanwhile.
func (q *Queue[S, W]) settled(b batch[W], found S) {
	now := time.Now()
	q.mu.Lock()
	m := q.memoryOf(b.identity)
	m.known, m.knownAt, m.looked = found, now, now
	m.failure, m.trouble, m.writing = nil, nil, false
	profiles := m.remove(slices.Concat(b.requests, probesIn(m.requests)))
	m.waitingSince = now
	q.mu.Unlock()
	q.line.Forget(b.identity)
	q.call(profiles)
}

// failed keeps the requests in line when the fault will pass, and otherwise has their
// Profiles told.
func (q *Queue[S, W]) failed(b batch[W], operation Operation, fault Fault) {
	why := fault.Why
	q.log.Info("the cloud did not do what was asked", "identity", b.identity, "operation", operation.String(),
		"reason", why.Reason, "error", why.Error())
	if why.Kind == plugin.Refused {
		q.refused(b, why)
	} else {
		q.troubled(b, why)
	}
}

// refused answers the requests with a failure that lasts.
func (q *Queue[S, W]) refused(b batch[W], why *plugin.Error) {
	now := time.Now()
	q.mu.Lock()
	m := q.memoryOf(b.identity)
	m.failure, m.failedAt = why, now
	m.trouble, m.writing, m.knownAt = nil, false, time.Time{}
	profiles := m.remove(b.requests)
	q.mu.Unlock()
	q.line.Forget(b.identity)
	q.call(profiles)
}

// troubled keeps the requests in line. Their Profiles are called when the trouble is a new
// one, so that each is told once.
func (q *Queue[S, W]) troubled(b batch[W], why *plugin.Error) {
	q.mu.Lock()
	m := q.memoryOf(b.identity)
	var profiles []string
	if m.trouble == nil || m.trouble.Message != why.Message {
		profiles = profilesOf(b.requests)
	}
	m.trouble = why
	q.mu.Unlock()
	q.line.AddRateLimited(b.identity)
	q.call(profiles)
}

func (q *Queue[S, W]) call(profiles []string) {
	for _, profile := range profiles {
		q.host.Again(profile)
	}
}
