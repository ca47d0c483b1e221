package edits

import (
	"slices"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// memory is what this process knows of one identity. Losing it costs a request, never a
// permission: what has to be done stands in the Profiles.
type memory[S any, W Wish] struct {
	// requests wait to be served, the oldest first, at most one about each subject.
	requests []request[W]
	// waitingSince is when the first of them came.
	waitingSince time.Time
	// writing is true from a write until it has been seen to hold.
	writing bool
	// known is the state that was last seen, and when that was.
	known   S
	knownAt time.Time
	// replaced is what our own writes replaced.
	replaced replaced[S]
	// failure is why the identity cannot be edited, and since when.
	failure  *plugin.Error
	failedAt time.Time
	// trouble is the passing fault that the queue is waiting out, if any.
	trouble *plugin.Error
	// looked is when the state was last seen, or when this process started.
	looked time.Time
}

// request is a wish in line.
type request[W Wish] struct {
	wish W
	// looking is true when the wish was granted before and is only being looked after.
	looking bool
	// probing is true when nothing is to be edited yet.
	probing bool
}

// add puts a request in line, in the place of an earlier one about the same subject. It
// returns false when the very same one is there already, or one that answers a probe as well.
func (m *memory[S, W]) add(r request[W], now time.Time) bool {
	i := m.indexOf(r.wish.Subject())
	switch {
	case i < 0:
		if len(m.requests) == 0 {
			m.waitingSince = now
		}
		m.requests = append(m.requests, r)
	case m.requests[i] == r, r.probing:
		return false
	default:
		m.requests[i] = r
	}
	return true
}

func (m *memory[S, W]) indexOf(subject string) int {
	return slices.IndexFunc(m.requests, func(r request[W]) bool { return r.wish.Subject() == subject })
}

// probesIn are the requests that only want to know something. One read serves whoever comes soon
// after it, so there is nothing to be won by collecting them.
func probesIn[W Wish](requests []request[W]) []request[W] {
	return slices.DeleteFunc(slices.Clone(requests), func(r request[W]) bool { return !r.probing })
}

// remove takes requests that were dealt with out of the line and returns the Profiles
// that made them. A request that has been replaced meanwhile stays.
func (m *memory[S, W]) remove(done []request[W]) []string {
	m.requests = slices.DeleteFunc(m.requests, func(r request[W]) bool { return slices.Contains(done, r) })
	return profilesOf(done)
}

// profilesOf names each Profile once.
func profilesOf[W Wish](requests []request[W]) []string {
	var profiles []string
	for _, r := range requests {
		if profile := r.wish.Profile(); !slices.Contains(profiles, profile) {
			profiles = append(profiles, profile)
		}
	}
	return profiles
}
