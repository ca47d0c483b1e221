package awsirsa

import (
	"bytes"
	"context"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// roles is IAM as the queue of edits sees it: identities are ARNs of roles, states are
// what IAM says of a role, and what is written is the trust policy.
type roles struct {
	client IAM
	// limit is the size in characters that trust policies may have.
	limit int
	// requireTag lets only roles be opened that are tagged for the Profile.
	requireTag bool
	// observe is told of each request to IAM.
	observe func(operation, result string)
}

// IAM has no condition on writes and is eventually consistent.
var _ interface {
	edits.Cloud[reading, wish]
	edits.Lagging[reading]
} = roles{}

// IAM's names of the operations.
const (
	readOperation  = "GetRole"
	writeOperation = "UpdateAssumeRolePolicy"
)

// Read gets a role from IAM.
func (c roles) Read(ctx context.Context, arn string) (reading, error) {
	role, err := parseRoleARN("role", arn)
	if err != nil {
		return reading{}, err
	}
	found, err := readRole(ctx, c.client, role)
	c.observe(readOperation, awsclient.Result(err, codeOf(err)))
	return found, err
}

// Write replaces a role's trust policy. IAM's answer does not say what it is now.
func (c roles) Write(ctx context.Context, _ string, _, after reading) (*reading, error) {
	err := writeTrustPolicy(ctx, c.client, after.role, after.policy)
	c.observe(writeOperation, awsclient.Result(err, codeOf(err)))
	return nil, err
}

// Edit serves the wishes of the Profiles that may have the role, as far as there is room.
func (c roles) Edit(found reading, wishes []wish) (reading, bool, error) {
	var allowed []wish
	for _, w := range wishes {
		if c.untagged(found, w) == nil {
			allowed = append(allowed, w)
		}
	}
	edited := found
	var err error
	edited.policy, err = edit(found.policy, allowed, c.limit)
	return edited, !bytes.Equal(edited.policy, found.policy), err
}

// Judge tells whether a role's trust policy and tags are as a wish wants them.
func (c roles) Judge(found reading, w wish) (served bool, refusal error) {
	if err := c.untagged(found, w); err != nil {
		return false, err
	}
	verdict, err := judge(found.policy, w, c.limit)
	switch {
	case err != nil:
		return false, explain(found.role, readOperation, err)
	case verdict == noRoom:
		return false, full(found.role, found.policy, w.grant, c.limit)
	default:
		return verdict == asWished, nil
	}
}

// UnderFailure tells what a failure of a role means for a wish. A role that is not there,
// or is not the one, admits nobody whom we let in, so what was to be taken back is gone;
// and taking back makes a policy that is too long shorter.
func (roles) UnderFailure(failure *plugin.Error, w wish) (served bool, refusal error) {
	if w.present {
		return false, failure
	}
	switch failure.Reason {
	case profilev1.ReasonIdentityNotFound, profilev1.ReasonRoleInAnotherAccount:
		return true, nil
	case profilev1.ReasonTrustPolicyLimitExceeded:
		return false, nil
	default:
		return false, failure
	}
}

// Explain turns an error of IAM into one for people, and tells what became of the request.
func (roles) Explain(arn string, operation edits.Operation, err error) edits.Fault {
	name := readOperation
	if operation == edits.Write {
		name = writeOperation
	}
	return edits.Fault{Why: explain(roleARN{text: arn}, name, err), Throttled: throttled(err), NotDone: !maybeDone(err)}
}

// Waiting is what a Profile is told while the role is being edited.
func (roles) Waiting(arn string) string {
	return "Waiting for the trust policy of " + arn + " to be edited."
}

// Same compares trust policies. Tags are only read.
func (roles) Same(a, b reading) bool { return bytes.Equal(a.policy, b.policy) }
