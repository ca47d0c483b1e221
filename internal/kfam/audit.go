package kfam

import (
	"cmp"
	"context"
	"net/http"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// change grants or revokes.
type change func(context.Context, contributor.Contributor) (changed bool, err error)

func (s *Server) record(action, profile, what string, r *http.Request, c access.Caller) Record {
	who := c.Name
	if c.TrustedDashboard {
		who = "the dashboard"
	}
	known, _ := s.Index.Profile(profile)
	return Record{Action: action, Who: cmp.Or(who, "somebody unknown"), Profile: profile, UID: known.UID, What: what, From: r.RemoteAddr}
}

// tell returns a function that tells the audit log of a decision and what came of it, counts
// it, and returns the error for the client.
func (s *Server) tell(record Record) func(access.Decision, error) error {
	return func(d access.Decision, err error) error {
		record.Reason, record.Allowed, record.Err = d.Reason, d.Allowed(), err
		s.Audit(record)
		s.Metrics.decisions.WithLabelValues(record.Action, record.outcome(), record.Reason).Inc()
		if !d.Allowed() {
			return d.Refusal
		}
		return err
	}
}

// decide carries out what was allowed, and tells the audit log what came of it either way.
func (s *Server) decide(record Record, d access.Decision, carryOut func() error) error {
	if !d.Allowed() {
		return s.tell(record)(d, nil)
	}
	return s.tell(record)(d, carryOut())
}
