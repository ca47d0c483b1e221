package identity

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// cluster is a Profile, its status, a cloud, and a controller that may crash anywhere.
type cluster struct {
	*rapid.T
	wishes  Wishes
	records []profilev1.IdentityBinding
	leaving bool
	// admitted is what holds in the cloud.
	admitted []Entry
	// named is all that the spec ever asked for.
	named []Entry
	// written are genuine records from any time, which somebody may have kept.
	written []profilev1.IdentityBinding
	// calm is true when nothing fails any more.
	calm bool
}

func (c *cluster) chance(what string) bool { return !c.calm && rapid.Bool().Draw(c.T, what) }

func drawEntry(t *rapid.T, account string) Entry {
	e := entry(account, rapid.SampledFrom([]string{"A", "B"}).Draw(t, "identity"),
		rapid.SampledFrom([]string{``, `{"s":1}`, `{"s":2}`}).Draw(t, "settings"))
	if rapid.Bool().Draw(t, "annotated") {
		e.Annotations["audience"] = "x"
	}
	return e
}

// edit is what the owner of the Profile does.
func (c *cluster) edit(t *rapid.T) {
	c.wishes = Wishes{}
	for _, account := range []string{"editor", "viewer"} {
		if rapid.Bool().Draw(t, account) {
			e := drawEntry(t, account)
			c.wishes.Entries = append(c.wishes.Entries, e)
			c.named = append(c.named, e)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "unclear") == 0 {
		c.wishes.Unclear = []string{"Cloud"}
	}
}

// forge is what somebody does who may write the status and has not the key.
func (c *cluster) forge(t *rapid.T) {
	e := drawEntry(t, rapid.SampledFrom([]string{"editor", "viewer", "stranger"}).Draw(t, "account"))
	record := forged(e, rapid.SampledFrom([]profilev1.IdentityPhase{profilev1.IdentityPending, profilev1.IdentityBound}).Draw(t, "phase"))
	if len(c.written) > 0 && rapid.Bool().Draw(t, "replay") {
		record = rapid.SampledFrom(c.written).Draw(t, "old record")
	}
	at := rapid.IntRange(0, len(c.records)).Draw(t, "place")
	c.records = slices.Insert(slices.Clone(c.records), at, record)
}

func (c *cluster) ledger() Ledger {
	return Ledger{Wishes: c.wishes, Records: c.records, Leaving: c.leaving, Genuine: genuine, Registered: func(string) bool { return true }}
}

// reconcile carries out the steps in any order, some of which fail, and stores what came
// of them, unless it crashes before.
func (c *cluster) reconcile(t *rapid.T) {
	steps := c.ledger().Steps()
	if c.chance("shuffle") {
		steps = rapid.Permutation(steps).Draw(t, "order")
	}
	var records []profilev1.IdentityBinding
	for _, step := range steps {
		if c.chance("crash") {
			return
		}
		if record, kept := c.carryOut(step); kept {
			records = append(records, record)
		}
	}
	if !c.chance("crash before the status is stored") {
		c.records = records
	}
}

func (c *cluster) carryOut(step Step) (profilev1.IdentityBinding, bool) {
	switch step.Do {
	case Record:
		c.keep(pending(step.Entry))
		return pending(step.Entry), true
	case Apply:
		c.apply(step.Entry)
		if c.chance("apply fails") {
			return step.Stored, true
		}
		return bound(step.Entry), true
	case Revoke:
		c.revoke(step.Entry)
		return step.Stored, c.chance("revoke fails")
	default:
		return step.Stored, true
	}
}

func (c *cluster) keep(record profilev1.IdentityBinding) { c.written = append(c.written, record) }

func (c *cluster) apply(e Entry) {
	if !slices.ContainsFunc(c.records, func(r profilev1.IdentityBinding) bool { return genuine(r) && entryOf(r).sameGrant(e) }) {
		c.Fatalf("%+v is applied without a genuine record", e)
	}
	if c.leaving || !slices.ContainsFunc(c.wishes.Entries, e.equal) {
		c.Fatalf("%+v is applied and not wished", e)
	}
	if i := slices.IndexFunc(c.admitted, func(a Entry) bool { return a.sameTarget(e) && !a.sameGrant(e) }); i >= 0 {
		c.Fatalf("%+v is applied over %+v, which has other settings", e, c.admitted[i])
	}
	if !slices.ContainsFunc(c.admitted, e.sameGrant) {
		c.admitted = append(c.admitted, e)
	}
}

func (c *cluster) revoke(e Entry) {
	if !slices.ContainsFunc(c.named, e.sameGrant) {
		c.Fatalf("%+v is revoked, which no spec ever named", e)
	}
	if !c.leaving && slices.Contains(c.wishes.Unclear, e.Plugin) {
		c.Fatalf("%+v is revoked while it is unclear what is wished", e)
	}
	for _, wish := range c.wishes.Entries {
		if !c.leaving && wish.ServiceAccount == e.ServiceAccount && !wish.sameTarget(e) && !slices.ContainsFunc(c.admitted, wish.sameGrant) {
			c.Fatalf("%+v is revoked before its successor %+v holds", e, wish)
		}
	}
	c.admitted = slices.DeleteFunc(c.admitted, e.sameGrant)
}

// settle lets the controller work in peace until nothing changes any more.
func (c *cluster) settle() {
	c.calm = true
	c.wishes.Unclear = nil
	for range 20 {
		c.reconcile(c.T)
	}
	c.calm = false
}

func TestWhateverHappensTheLedgerConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &cluster{T: t}
		t.Repeat(map[string]func(*rapid.T){"edit": c.edit, "forge": c.forge, "reconcile": c.reconcile, "reconcile again": c.reconcile})
		c.settle()
		c.wantAdmitted(c.wishes.Entries)
		c.leaving = true
		c.reconcile(t)
		c.settle()
		c.wantAdmitted(nil)
		for _, record := range c.records {
			if genuine(record) {
				t.Fatalf("the Profile is held up by %+v", record)
			}
		}
	})
}

// wantAdmitted compares the cloud, and the records, with what is wished.
func (c *cluster) wantAdmitted(wishes []Entry) {
	c.Helper()
	held := 0
	for _, record := range c.records {
		if genuine(record) && record.Phase == profilev1.IdentityBound {
			held++
		}
	}
	if len(c.admitted) != len(wishes) || held != len(wishes) {
		c.Fatalf("wished %+v\nin the cloud %+v\nrecorded %+v", wishes, c.admitted, c.records)
	}
	for _, wish := range wishes {
		if !slices.ContainsFunc(c.admitted, wish.sameGrant) {
			c.Fatalf("%+v is wished and not in the cloud: %+v", wish, c.admitted)
		}
	}
}
