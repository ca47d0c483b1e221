package awsirsa

import (
	"bytes"
	"slices"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// memory is what this process knows of one role. Losing it costs a request, never a
// permission: what has to be done stands in the Profiles.
type memory struct {
	role roleARN
	// requests wait to be served, the oldest first, at most one about each subject.
	requests []request
	// waitingSince is when the first of them came.
	waitingSince time.Time
	// writing is true from a write until it has been seen to hold.
	writing bool
	// known is the last reading, and when it was made.
	known   reading
	knownAt time.Time
	// replaced are policies that our own writes replaced, and when.
	replaced []former
	// failure is why the role cannot be edited, and since when.
	failure  *plugin.Error
	failedAt time.Time
	// trouble is the passing fault that the queue is waiting out, if any.
	trouble *plugin.Error
	// looked is when the role was last read, or when this process started.
	looked time.Time
}

// request is a wish of a Profile.
type request struct {
	wish
	profile string
	// looking is true when the wish was granted before and is only being looked after.
	looking bool
}

type former struct {
	policy []byte
	at     time.Time
}

// add puts a request in line, in the place of an earlier one about the same subject.
func (m *memory) add(r request, now time.Time) {
	if len(m.requests) == 0 {
		m.waitingSince = now
	}
	if i := m.indexOf(r.key()); i >= 0 {
		m.requests[i] = r
		return
	}
	m.requests = append(m.requests, r)
}

func (m *memory) indexOf(k key) int {
	return slices.IndexFunc(m.requests, func(r request) bool { return r.key() == k })
}

// remove takes requests that were dealt with out of the line and returns the Profiles
// that made them. A request that has been replaced meanwhile stays.
func (m *memory) remove(done []request) []string {
	m.requests = slices.DeleteFunc(m.requests, func(r request) bool { return slices.Contains(done, r) })
	return profilesOf(done)
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

// outdated tells whether a policy is one that we replaced so recently that IAM may show
// it although it no longer holds.
func (m *memory) outdated(policy []byte, now time.Time, settle time.Duration) bool {
	m.replaced = slices.DeleteFunc(m.replaced, func(f former) bool { return now.Sub(f.at) >= settle })
	return slices.ContainsFunc(m.replaced, func(f former) bool { return bytes.Equal(f.policy, policy) })
}

// forgetReplaced takes back the note that a policy was replaced.
func (m *memory) forgetReplaced(policy []byte) {
	m.replaced = slices.DeleteFunc(m.replaced, func(f former) bool { return bytes.Equal(f.policy, policy) })
}
