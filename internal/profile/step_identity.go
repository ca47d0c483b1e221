package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// identityStep binds the service accounts to what spec.plugins asks for and takes back
// what it no longer asks for. What is new is only written down in this round; the status
// that this leaves behind has the Profile looked at again, and then it is carried out.
func (r *Reconciler) identityStep(ctx context.Context, s *situation) result {
	return r.settleIdentities(ctx, s, false)
}

// releaseStep takes back everything that was bound outside the cluster.
func (r *Reconciler) releaseStep(ctx context.Context, s *situation) result {
	return r.settleIdentities(ctx, s, true)
}

func (r *Reconciler) settleIdentities(ctx context.Context, s *situation, leaving bool) result {
	res := result{condition: profilev1.ConditionIdentityReady, reason: profilev1.ReasonNoPlugins,
		message: "The Profile names no plugins."}
	nothingBound := len(s.identities) == 0 && !s.atHome()
	if leaving && nothingBound {
		return res
	}
	wishes := r.Plugins.Wishes(ctx, s.profile)
	var steps []identity.Step
	errs := wishes.Failures
	if leaving {
		errs = nil
	}
	if len(wishes.Entries) > 0 || len(s.identities) > 0 {
		sealer, err := r.sealerFor(ctx, s, leaving)
		if err != nil {
			res.failure = classify(err)
			return res
		}
		ledger := identity.Ledger{Wishes: wishes, Records: s.identities, Leaving: leaving, AtHome: s.atHome(),
			Genuine:    func(record profilev1.IdentityBinding) bool { return sealer.Genuine(s.profile.UID, record) },
			Registered: func(kind string) bool { _, ok := r.Plugins.Get(kind); return ok }}
		steps = ledger.Steps()
		fit, unfit := r.probe(ctx, s, steps)
		errs = append(errs, unfit...)
		if err := r.holdBack(ctx, s, leaving, fit); err != nil {
			res.failure = classify(err)
			return res
		}
		settled := r.carryOutSteps(ctx, s, sealer, ledger, fit)
		s.identities, res.outcomes, res.again = settled.records, settled.outcomes, settled.again
		errs = append(errs, settled.errs...)
	}
	if len(wishes.Entries) > 0 || len(s.identities) > 0 {
		res.reason, res.message = profilev1.ReasonApplied, "The service accounts are bound to their identities."
	}
	res.failure = allOf(errs)
	if last := lastWord(s.profile, steps); last != nil && !leaving {
		res.failure = standing(last, errs)
	}
	return res
}

// sealerFor gets the key where a record has to be judged or written. A Profile that leaves
// without records needs none, and so is not held up when the key cannot be had.
func (r *Reconciler) sealerFor(ctx context.Context, s *situation, leaving bool) (identity.Sealer, error) {
	if leaving && len(s.identities) == 0 {
		return identity.Sealer{}, nil
	}
	return r.Seals.sealer(ctx)
}

// holdBack sees to it that the Profile cannot disappear before what is about to be bound is
// taken back.
func (r *Reconciler) holdBack(ctx context.Context, s *situation, leaving bool, steps []identity.Step) error {
	if leaving || len(steps) == 0 {
		return nil
	}
	return r.addFinalizer(ctx, s.profile)
}

// settled is what came of the steps.
type settled struct {
	records  []profilev1.IdentityBinding
	outcomes []apply.Outcome
	errs     []error
	// again is when some plugin wants to check next; zero when none does.
	again time.Duration
}

// settling is what came of one step. A nil record means that it is to be forgotten.
type settling struct {
	record  *profilev1.IdentityBinding
	outcome apply.Outcome
	err     error
	again   time.Duration
}

// carryOutSteps runs the steps side by side.
func (r *Reconciler) carryOutSteps(ctx context.Context, s *situation, sealer identity.Sealer, ledger identity.Ledger, steps []identity.Step) settled {
	done := make([]settling, len(steps))
	var group sync.WaitGroup
	for i, step := range steps {
		group.Go(func() { done[i] = r.carryOutStep(ctx, s, sealer, ledger, step) })
	}
	group.Wait()
	for revoked, step := range steps {
		if step.Do != identity.Revoke || done[revoked].record != nil || done[revoked].err != nil {
			continue
		}
		for _, i := range identity.Disturbed(steps, revoked) {
			record := sealer.Seal(s.profile.UID, steps[i].Entry, profilev1.IdentityPending)
			done[i].record = &record
		}
	}
	var all settled
	for _, d := range done {
		if d.record != nil {
			all.records = append(all.records, *d.record)
		}
		if d.outcome.Kind != "" {
			all.outcomes = append(all.outcomes, d.outcome)
		}
		if d.err != nil {
			all.errs = append(all.errs, d.err)
		}
		if d.again > 0 && (all.again == 0 || d.again < all.again) {
			all.again = d.again
		}
	}
	return all
}

func (r *Reconciler) carryOutStep(ctx context.Context, s *situation, sealer identity.Sealer, ledger identity.Ledger, step identity.Step) settling {
	seal := func(phase profilev1.IdentityPhase) *profilev1.IdentityBinding {
		record := sealer.Seal(s.profile.UID, step.Entry, phase)
		return &record
	}
	as := &step.Stored
	if step.Stored.Plugin == "" {
		as = nil
	}
	switch step.Do {
	case identity.Record:
		if err := r.withdraw(ctx, s, step.ServiceAccount, step.Former); err != nil {
			return settling{record: as, err: err}
		}
		return settling{record: seal(profilev1.IdentityPending), err: recorded(step.Entry)}
	case identity.Apply:
		outcome, err := r.bind(ctx, s, step.Entry)
		if err != nil {
			return settling{record: as, err: err}
		}
		return settling{record: r.verified(s, step.Entry, *seal(profilev1.IdentityBound)), outcome: outcome}
	case identity.Check:
		return r.check(ctx, s, step)
	case identity.Revoke:
		err := r.unbind(ctx, s, ledger, step.Entry)
		if err == nil || r.neverApplied(ctx, s, step, err) {
			return settling{}
		}
		return settling{record: as, err: err}
	case identity.Distrust:
		return settling{record: as, err: distrusted(step.Entry, ledger.Leaving)}
	case identity.Strand:
		return settling{record: as, err: stranded(step.Entry)}
	default:
		return settling{record: as, err: kept(step.Entry, ledger)}
	}
}

// kept tells that a record waits for others to be carried out first. While the spec is
// unclear it is kept for as long as that lasts, and the spec's own failure says so.
func kept(e identity.Entry, ledger identity.Ledger) error {
	if slices.Contains(ledger.Wishes.Unclear, e.Plugin) {
		return nil
	}
	if ledger.Asked(e) {
		return recorded(e)
	}
	return &failure{kind: waiting, reason: profilev1.ReasonBinding,
		message: fmt.Sprintf("The service account %s stays bound to %s until it is bound anew.", e.ServiceAccount, e.Identity)}
}

// bind makes the binding hold, and annotates the account only then: a pod is never
// pointed to an identity that does not admit it.
func (r *Reconciler) bind(ctx context.Context, s *situation, e identity.Entry) (apply.Outcome, error) {
	bound, _ := r.Plugins.Get(e.Plugin)
	if err := bound.Apply(ctx, s.profile.Name, e.Binding); err != nil {
		return apply.Outcome{}, err
	}
	return r.annotate(ctx, s, e)
}

// check looks after a binding that holds. While the plugin is still looking, it counts as
// holding, unless it was said not to hold: that stands until the plugin has seen for itself.
func (r *Reconciler) check(ctx context.Context, s *situation, step identity.Step) settling {
	bound, _ := r.Plugins.Get(step.Plugin)
	done := settling{record: &step.Stored}
	done.again, done.err = bound.Check(ctx, s.profile.Name, step.Binding)
	doubted := saidToFail(s.profile)
	if done.err == nil && doubted && r.seen(s, step.Entry).IsZero() {
		done.err = bound.Apply(ctx, s.profile.Name, step.Binding)
	}
	if done.err != nil && plugin.AsError(done.err).Kind == plugin.Waiting && !doubted {
		done.err = nil
	}
	outcome, err := r.annotate(ctx, s, step.Entry)
	done.outcome = outcome
	if done.err == nil {
		done.err = err
	}
	if done.err == nil {
		done.record = r.verified(s, step.Entry, step.Stored)
	}
	return done
}

// verifiedAgainAfter bounds how often the time is written anew at which a binding was
// verified, since each time is a write of the status.
const verifiedAgainAfter = 30 * time.Minute

// verified returns the record with the time at which the plugin last saw the binding hold.
// A time that lies ahead was written by somebody else, or by a clock that was wrong.
func (r *Reconciler) verified(s *situation, e identity.Entry, record profilev1.IdentityBinding) *profilev1.IdentityBinding {
	seen, noted := r.seen(s, e), record.LastVerifiedTime
	if !seen.IsZero() && (noted == nil || noted.After(seen) || seen.Sub(noted.Time) >= verifiedAgainAfter) {
		record.LastVerifiedTime = ptr.To(metav1.NewTime(seen.Truncate(time.Second)))
	}
	return &record
}

// seen is when this process last saw a binding hold, as far as its plugin tells.
func (r *Reconciler) seen(s *situation, e identity.Entry) time.Time {
	bound, _ := r.Plugins.Get(e.Plugin)
	if verifier, ok := bound.(plugin.Verifier); ok {
		return verifier.Verified(s.profile.Name, e.Binding)
	}
	return time.Time{}
}

// unbind takes a binding back. New pods must not be pointed to it any more, so the
// annotations go first; those of a Profile that is leaving go with the namespace.
func (r *Reconciler) unbind(ctx context.Context, s *situation, ledger identity.Ledger, e identity.Entry) error {
	if !ledger.Leaving {
		if err := r.withdraw(ctx, s, e.ServiceAccount, ledger.Unwanted(e)); err != nil {
			return err
		}
	}
	unbound, _ := r.Plugins.Get(e.Plugin)
	return unbound.Revoke(ctx, s.profile.Name, e.Binding)
}

func (r *Reconciler) annotate(ctx context.Context, s *situation, e identity.Entry) (apply.Outcome, error) {
	return r.applier().Ensure(ctx, desired.BoundServiceAccount(s.profile, e.ServiceAccount, e.Annotations))
}

// withdraw removes annotations that still have the values that we gave them.
func (r *Reconciler) withdraw(ctx context.Context, s *situation, account string, annotations map[string]string) error {
	if len(annotations) == 0 {
		return nil
	}
	_, err := r.applier().Withdraw(ctx, desired.BoundServiceAccount(s.profile, account, annotations))
	return err
}

func recorded(e identity.Entry) error {
	return &failure{kind: waiting, reason: profilev1.ReasonBinding,
		message: fmt.Sprintf("Binding the service account %s to %s.", e.ServiceAccount, e.Identity)}
}

// distrusted never holds a Profile up that is being deleted: what somebody made up must
// not be able to.
func distrusted(e identity.Entry, leaving bool) error {
	if leaving {
		return nil
	}
	return &failure{kind: refused, reason: profilev1.ReasonUntrustedRecord, message: fmt.Sprintf(
		"status.identities names %s for the service account %s, which spec.plugins does not ask for and this controller did not write; it is left alone. Check by hand whether %s still admits that account, then remove the entry with kubectl edit --subresource=status.",
		e.Identity, e.ServiceAccount, e.Identity)}
}

func stranded(e identity.Entry) error {
	return &failure{kind: refused, reason: profilev1.ReasonUnknownPlugin, message: fmt.Sprintf(
		"The service account %s is bound to %s by the plugin %q, which this controller does not have, so it cannot be taken back. Run a controller that has the plugin.",
		e.ServiceAccount, e.Identity, e.Plugin)}
}

// sentences puts messages behind each other. One that does not end as a sentence does gets
// a period when another follows.
func sentences(messages []string) string {
	for i, m := range messages[:len(messages)-1] {
		if !strings.HasSuffix(m, ".") {
			messages[i] = m + "."
		}
	}
	return strings.Join(messages, " ")
}

// allOf makes one failure of several: that of the worst, with the messages of all.
func allOf(errs []error) *failure {
	chosen := worst(errs)
	if chosen == nil {
		return nil
	}
	messages := []string{chosen.message}
	for _, err := range errs {
		if m := classify(err).message; !strings.Contains(strings.Join(messages, " "), m) {
			messages = append(messages, m)
		}
	}
	chosen.message = sentences(messages)
	return chosen
}
