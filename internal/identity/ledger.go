package identity

import (
	"slices"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Action is what has to be done next about one entry.
type Action int

// The actions. After each the entry has a record, unless the action says otherwise.
const (
	// Record: write the entry down as pending. Nothing else may be done before that is
	// stored.
	Record Action = iota
	// Apply: make it hold, then record it as bound.
	Apply
	// Check: it holds as far as is known.
	Check
	// Revoke: take it back, then forget the record.
	Revoke
	// Keep: leave the record as it is, because something else comes first.
	Keep
	// Distrust: somebody else wrote the record, and the spec does not ask for it. Leave
	// it, and tell.
	Distrust
	// Strand: this controller has not the plugin that could take it back. Keep it, and
	// tell.
	Strand
)

// Step is what has to be done next about one entry of the ledger.
type Step struct {
	Entry
	Do Action
	// Former are annotations of an earlier record that are no longer wanted.
	Former map[string]string
	// Stored is the record as it was found; its Plugin is empty when there was none.
	Stored profilev1.IdentityBinding
}

// Unrecorded tells whether nothing has been written down about the entry so far.
func (s Step) Unrecorded() bool { return s.Stored.Plugin == "" }

// Ledger is what is known when the next steps are decided.
type Ledger struct {
	// Wishes are what the spec asks for.
	Wishes Wishes
	// Records are the bindings in the Profile's status.
	Records []profilev1.IdentityBinding
	// Genuine tells whether the controller wrote a record.
	Genuine func(profilev1.IdentityBinding) bool
	// Registered tells whether the controller has a plugin.
	Registered func(kind string) bool
	// Leaving is true when the Profile is being deleted.
	Leaving bool
	// AtHome is true when the namespace is the Profile's own. Only then can something have
	// been bound of which there is no record any more.
	AtHome bool
}

// Steps decides what to do about each record and each wish. The rules:
//
//   - Nothing is applied that has no genuine record, so that after a crash at any point
//     the record tells what may have been done.
//   - Only what the spec asks for is applied. Only what is genuinely recorded, or asked
//     for by the spec of a Profile that is leaving, is revoked: a record that somebody
//     made up has no effect.
//   - What is no longer asked for is revoked once everything that is asked for on the same
//     service account is bound, so that a change of identity leaves no gap, and a wrong new
//     one does not cost the old one. Where only settings change, the old ones go first.
//   - While a wish of a plugin is unclear, nothing of that plugin is revoked.
func (l Ledger) Steps() []Step {
	var steps []Step
	for i, record := range l.Records {
		e := entryOf(record)
		if slices.ContainsFunc(l.Records[:i], func(r profilev1.IdentityBinding) bool { return l.Genuine(r) && entryOf(r).sameGrant(e) }) {
			continue
		}
		steps = append(steps, l.aboutRecord(record, e))
	}
	missing := Record
	if l.Leaving {
		missing = Revoke
	}
	if l.Leaving && !l.AtHome {
		return steps
	}
	for _, wish := range l.Wishes.Entries {
		if !slices.ContainsFunc(steps, func(s Step) bool { return s.sameGrant(wish) && s.Do != Distrust }) {
			steps = append(steps, Step{Entry: wish, Do: missing})
		}
	}
	return steps
}

func (l Ledger) aboutRecord(record profilev1.IdentityBinding, e Entry) Step {
	step := Step{Entry: e, Stored: record}
	wish, asked := l.wishFor(e)
	genuine := l.Genuine(record)
	switch {
	case !asked && !genuine:
		step.Do = Distrust
	case !asked && !l.Registered(e.Plugin):
		step.Do = Strand
	case l.Leaving:
		step.Do = Revoke
	case !asked:
		step.Do = l.whenToRevoke(e)
	case !genuine:
		step.Entry, step.Do = wish, Record
	case !e.equal(wish):
		step.Entry, step.Do, step.Former = wish, Record, without(e.Annotations, wish.Annotations)
	case record.Phase == profilev1.IdentityBound:
		step.Do = Check
	case l.settingsInTheWay(e):
		step.Do = Keep
	default:
		step.Do = Apply
	}
	return step
}

// Disturbed names the steps whose binding has to be made to hold anew once another one was
// revoked. A Profile that asked for another identity and then for the first one again
// has bound the account twice; where the cloud has room for one binding of an account, the
// second took the place of the first, and what is revoked is the only one there is. That it
// is so is recorded together with the revocation, so that a crash in between loses nothing.
func Disturbed(steps []Step, revoked int) []int {
	var disturbed []int
	for i, earlier := range steps[:revoked] {
		if earlier.Do == Check && earlier.Plugin == steps[revoked].Plugin && earlier.ServiceAccount == steps[revoked].ServiceAccount {
			disturbed = append(disturbed, i)
		}
	}
	return disturbed
}

// whenToRevoke decides about an entry that is no longer asked for.
func (l Ledger) whenToRevoke(e Entry) Action {
	if slices.Contains(l.Wishes.Unclear, e.Plugin) {
		return Keep
	}
	for _, wish := range l.Wishes.Entries {
		if wish.Plugin == e.Plugin && wish.ServiceAccount == e.ServiceAccount && !wish.sameTarget(e) && !l.bound(wish) {
			return Keep
		}
	}
	return Revoke
}

// settingsInTheWay tells whether the same account is still bound to the same identity
// with other settings.
func (l Ledger) settingsInTheWay(e Entry) bool {
	return slices.ContainsFunc(l.Records, func(r profilev1.IdentityBinding) bool {
		other := entryOf(r)
		return other.sameTarget(e) && !other.sameGrant(e) && l.Genuine(r)
	})
}

func (l Ledger) bound(wish Entry) bool {
	return slices.ContainsFunc(l.Records, func(r profilev1.IdentityBinding) bool {
		return r.Phase == profilev1.IdentityBound && entryOf(r).sameGrant(wish) && l.Genuine(r)
	})
}

func (l Ledger) wishFor(e Entry) (Entry, bool) {
	i := slices.IndexFunc(l.Wishes.Entries, e.sameGrant)
	if i < 0 {
		return Entry{}, false
	}
	return l.Wishes.Entries[i], true
}

// without returns the annotations of have whose keys want does not have.
func without(have, want map[string]string) map[string]string {
	var rest map[string]string
	for key, value := range have {
		if _, wanted := want[key]; wanted {
			continue
		}
		if rest == nil {
			rest = map[string]string{}
		}
		rest[key] = value
	}
	return rest
}

// Asked tells whether the spec asks for an entry.
func (l Ledger) Asked(e Entry) bool {
	_, asked := l.wishFor(e)
	return asked
}

// Unwanted returns the annotations of an entry that is being revoked whose keys no wish
// for the same account has.
func (l Ledger) Unwanted(e Entry) map[string]string {
	unwanted := e.Annotations
	for _, wish := range l.Wishes.Entries {
		if wish.ServiceAccount == e.ServiceAccount {
			unwanted = without(unwanted, wish.Annotations)
		}
	}
	return unwanted
}
