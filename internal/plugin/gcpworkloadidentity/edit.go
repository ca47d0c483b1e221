package gcpworkloadidentity

import (
	"encoding/json"
)

// mostPrincipals is how many principals a policy may have (iam/v1, Policy.Bindings, and
// Google Cloud, IAM, "Quotas and limits"). Google does not raise it.
const mostPrincipals = 1500

// state is a policy with an index of what is asked about it most. It is never modified.
type state struct {
	text []byte
	// has are the members that have the role, names those that any binding of the role names:
	// see the methods of policy.
	has, names map[string]bool
	principals int
}

// newState reads a policy as IAM returns it. Errors are errPolicy.
func newState(text []byte) (state, error) {
	p, err := parse(text)
	if err != nil {
		return state{}, err
	}
	s := state{text: text, has: map[string]bool{}, names: map[string]bool{}, principals: p.principals()}
	for _, b := range p.bindings {
		for _, m := range b.members {
			s.has[m] = s.has[m] || b.plain()
			s.names[m] = s.names[m] || b.grants()
		}
	}
	return s, nil
}

// wish is what a policy should say of one member.
type wish struct {
	grant
	// profile is whose wish it is.
	profile string
	// present is false when the member is to be taken out.
	present bool
}

// Subject is whom the wish is about.
func (w wish) Subject() string { return w.member }

// Profile is whose wish it is.
func (w wish) Profile() string { return w.profile }

// outcome is how a policy stands to a wish.
type outcome int

const (
	unserved outcome = iota
	served
	noRoom
)

// judge tells whether the policy is as the wish wants it, and if not whether it could be.
func (s state) judge(w wish) outcome {
	switch {
	case w.present && s.has[w.member], !w.present && !s.names[w.member]:
		return served
	case w.present && s.principals >= mostPrincipals:
		return noRoom
	default:
		return unserved
	}
}

// edit returns the policy as the wishes want it, and whether that differs. What goes makes
// room for what comes. A member for whom there is no room is left out; the others are
// served. Errors are errPolicy.
func (s state) edit(wishes []wish) (edited state, changed bool, err error) {
	p, err := parse(s.text)
	if err != nil {
		return s, false, err
	}
	for _, w := range wishes {
		if !w.present && p.remove(w.member) {
			changed = true
		}
	}
	room := mostPrincipals - p.principals()
	for _, w := range wishes {
		if w.present && room > 0 && p.add(w.member) {
			room--
			changed = true
		}
	}
	if !changed {
		return s, false, nil
	}
	text, err := p.text()
	if err != nil {
		return s, false, err
	}
	edited, err = newState(text)
	return edited, true, err
}

// principals counts as Google's limit does: each occurrence of a member counts, and so do
// those whom the audit configuration exempts.
func (p *policy) principals() int {
	n := 0
	for _, b := range p.bindings {
		n += len(b.members)
	}
	var audited []struct {
		AuditLogConfigs []struct {
			ExemptedMembers []json.RawMessage `json:"exemptedMembers"`
		} `json:"auditLogConfigs"`
	}
	if p.read("auditConfigs", &audited) != nil {
		return n // It is nothing that we understand, so IAM has to say when it is too much.
	}
	for _, service := range audited {
		for _, log := range service.AuditLogConfigs {
			n += len(log.ExemptedMembers)
		}
	}
	return n
}
