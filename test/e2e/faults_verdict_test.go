package e2e

import (
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// awaitArrived waits until the Profile is as the last step left it: gone, or bound to what
// its spec names.
func (s *sequence) awaitArrived(f *fixture) {
	f.t.Helper()
	f.eventually(s.profile+" has arrived", func() error {
		p := profileNamed(s.profile)
		err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(p), p)
		if !s.living {
			if apierrors.IsNotFound(err) {
				return nil
			}
			return fmt.Errorf("it is there, with %v: %w", p.Status, err)
		}
		if err != nil {
			return err
		}
		ready := condition(p, profilev1.ConditionReady)
		pending := slices.ContainsFunc(p.Status.Identities, func(b profilev1.IdentityBinding) bool { return b.Phase != profilev1.IdentityBound })
		if ready.Reason != profilev1.ReasonReady || ready.ObservedGeneration != p.Generation || pending || len(p.Status.Identities) != len(p.Spec.Plugins) {
			return fmt.Errorf("its status is %+v", p.Status)
		}
		return nil
	})
}

// suspects are all accounts of the sequences, and one that no spec ever names.
func suspects(sequences []*sequence) []string {
	all := []string{editorOf("stranger")}
	for _, s := range sequences {
		all = append(all, editorOf(s.profile), subjectOf(s.profile, "runner"), subjectOf(s.profile, viewer))
	}
	return all
}

// admitted are those of the subjects that a trust policy lets in.
func admitted(policy string, subjects []string) []string {
	judge := trusteval.Evaluate([]byte(policy))
	return slices.DeleteFunc(slices.Clone(subjects), func(subject string) bool {
		return !judge.Admits(trusteval.Identity{Provider: aws.ProviderARN(clusterIssuer), Issuer: issuerKey(), Subject: subject, Audience: stsAudience})
	})
}

// awaitExactly waits until each role lets in just those whom the living specs name, and
// fails the test unless the statements of others are as they were.
func awaitExactly(f *fixture, log *namings, sequences []*sequence) {
	f.t.Helper()
	wanted, all := map[string][]string{}, suspects(sequences)
	for _, s := range sequences {
		for _, n := range s.names() {
			wanted[n.role] = append(wanted[n.role], n.subject)
		}
	}
	for _, role := range faultRoles(sequences) {
		slices.Sort(wanted[role])
		f.eventually(role+" admits whom the specs name", func() error {
			got := admitted(aws.TrustPolicy(role), all)
			slices.Sort(got)
			if !slices.Equal(got, wanted[role]) {
				return fmt.Errorf("it admits %v, want %v;%s", got, wanted[role], biography(role, log, all))
			}
			return nil
		})
		policy := aws.TrustPolicy(role)
		statements := statementsOf(f, policy)
		if !slices.Equal(statements[:min(len(statements), len(handMade()))], handMade()) {
			f.t.Errorf("the statements of others in %s are not as they were: %s", role, policy)
		}
		if len(wanted[role]) == 0 && policy != handMadePolicy() {
			f.t.Errorf("%s admits nobody, and is not as it was: %s", role, policy)
		}
	}
}

// mustNeverHaveBeenOpen fails the test if a role ever let in an account that no spec named
// and no record had yet to take back, and returns how many states there were.
func mustNeverHaveBeenOpen(f *fixture, log *namings, sequences []*sequence) (states int) {
	f.t.Helper()
	all := suspects(sequences)
	for _, role := range faultRoles(sequences) {
		history := aws.History(role)
		states += len(history)
		for i, version := range history {
			until := time.Now()
			if i+1 < len(history) {
				until = history[i+1].At
			}
			for _, subject := range admitted(version.Policy, all) {
				if !log.covers(naming{role, subject}, version.At, until) {
					f.t.Errorf("%s admitted %s from %s to %s, which was not named all that time;%s",
						role, subject, clock(version.At), clock(until), biography(role, log, all))
				}
			}
		}
	}
	return states
}

func clock(at time.Time) string { return at.Format("15:04:05.000") }

// biography is what befell a role, for a person who wants to know how it came to this.
func biography(role string, log *namings, all []string) string {
	type moment struct {
		at   time.Time
		what string
	}
	var moments []moment
	subjects := map[string]bool{}
	for _, v := range aws.History(role) {
		admits := admitted(v.Policy, all)
		for _, subject := range admits {
			subjects[subject] = true
		}
		moments = append(moments, moment{v.At, fmt.Sprintf("it admits %v", admits)})
	}
	happened.mu.Lock()
	for _, i := range happened.faults {
		if i.role == role {
			moments = append(moments, moment{i.at, i.action + " meets the fault " + i.name})
		}
	}
	for _, at := range happened.launches {
		moments = append(moments, moment{at, "a controller starts"})
	}
	happened.mu.Unlock()
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	text := ""
	for subject := range subjects {
		text += "\n\t" + subject + " was named" + log.spansOf(naming{role, subject})
	}
	for _, m := range moments {
		text += "\n\t" + clock(m.at) + " " + m.what
	}
	return text
}
