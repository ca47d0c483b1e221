package gcpworkloadidentity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// cloud is Google IAM as the queue sees it. Identities are the e-mail addresses of Google
// service accounts.
type cloud struct {
	iam     IAM
	observe func(operation, result string)
	// missing are pools that Google said it does not know.
	missing missingPools
}

// Read reads a policy.
func (c *cloud) Read(ctx context.Context, email string) (state, error) {
	a, err := parseAccount("identity", email)
	if err != nil {
		return state{}, err
	}
	text, err := c.iam.Policy(ctx, a.resource())
	c.observe("getIamPolicy", resultOf(err))
	if err != nil {
		return state{}, err
	}
	return newState(text)
}

// Write replaces a policy. IAM's answer is what the policy is from then on.
func (c *cloud) Write(ctx context.Context, email string, before, after state) (*state, error) {
	a, err := parseAccount("identity", email)
	if err != nil {
		return nil, err
	}
	text, err := c.iam.SetPolicy(ctx, a.resource(), after.text)
	c.observe("setIamPolicy", resultOf(err))
	if err != nil {
		return nil, c.noteMissing(before, after, err)
	}
	written, err := newState(text)
	if err != nil {
		return nil, nil //nolint:nilerr // It was written; what came of it has to be read.
	}
	return &written, nil
}

// errNoPool tells that IAM took nothing of a policy because of the pool of some members.
var errNoPool = errors.New("there is no such workload identity pool")

// noteMissing remembers the pools that IAM says it does not know. It refuses the whole policy
// for one member of such a pool, so without this whoever names a pool that does not exist
// would keep all others from using the Google service account.
func (c *cloud) noteMissing(before, after state, err error) error {
	refusal, ok := errors.AsType[*googleapi.Error](err)
	if !ok || refusal.Code != http.StatusBadRequest {
		return err
	}
	found := false
	for m := range after.has {
		pool, _, _ := strings.Cut(strings.TrimPrefix(m, "serviceAccount:"), "[")
		if !before.names[m] && strings.Contains(refusal.Message, "("+pool+")") {
			c.missing.note(pool, time.Now())
			found = true
		}
	}
	if !found {
		return err
	}
	return fmt.Errorf("%w: %w", errNoPool, err)
}

// Edit leaves out those whose pool is known to be missing.
func (c *cloud) Edit(s state, wishes []wish) (state, bool, error) {
	var possible []wish
	for _, w := range wishes {
		if c.poolless(w) == nil {
			possible = append(possible, w)
		}
	}
	return s.edit(possible)
}

// Judge tells how a policy stands to a wish.
func (c *cloud) Judge(s state, w wish) (bool, error) {
	switch s.judge(w) {
	case served:
		return true, nil
	case noRoom:
		return false, full(w)
	default:
		return false, c.poolless(w)
	}
}

// poolless refuses a wish for a member of a pool that is known to be missing.
func (c *cloud) poolless(w wish) error {
	if !w.present || !c.missing.has(w.poolProject+poolSuffix, time.Now()) {
		return nil
	}
	return say(plugin.Refused, profilev1.ReasonIdentityNotFound, nil,
		"Google has no workload identity pool %s%s. Enable Workload Identity Federation on a cluster of that project; or correct identityNamespace, or the controller's -gcp-identity-namespace.", w.poolProject, poolSuffix)
}

// full tells that there is no room for a member, and the ways out.
func full(w wish) error {
	return say(plugin.Refused, profilev1.ReasonAllowPolicyLimitExceeded, nil,
		"The allow policy of %s has no room for %s: it has %d principals, and Google allows no more. Ways out: take out those that are not needed; spread the Profiles over more Google service accounts.",
		w.account.email, w.member, mostPrincipals)
}

// UnderFailure tells what it means for a wish that a policy cannot be edited. An account that
// is not there admits nobody, so what was to be taken back is gone.
func (c *cloud) UnderFailure(failure *plugin.Error, w wish) (bool, error) {
	if !w.present && failure.Reason == profilev1.ReasonIdentityNotFound {
		return true, nil
	}
	return false, failure
}

// Explain says what an error means.
func (c *cloud) Explain(email string, operation edits.Operation, err error) edits.Fault {
	method := getMethod
	if operation == edits.Write {
		method = setMethod
	}
	fault := edits.Fault{Why: explain(email, method, err), NotDone: notDone(err),
		Throttled: answerOf(err).throttled(), Conflict: answerOf(err).code == http.StatusConflict}
	if errors.Is(err, errNoPool) {
		fault.Why = say(plugin.Waiting, profilev1.ReasonBinding, err, "Waiting for the policy of %s to be edited, without members of pools that do not exist.", email)
	}
	return fault
}

// Waiting is what a Profile is told whose wish waits.
func (c *cloud) Waiting(email string) string {
	return fmt.Sprintf("Waiting for the allow policy of %s to be edited.", email)
}

// Same makes IAM a cloud that lags: its reads are eventually consistent. An etag
// protects what is written from that, but not the belief that there is nothing to write.
func (c *cloud) Same(a, b state) bool { return bytes.Equal(a.text, b.text) }
