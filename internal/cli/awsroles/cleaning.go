package awsroles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// Cleaning is what is to become of a role's trust policy.
type Cleaning struct {
	// Role is its ARN.
	Role string
	// Closes is true when everybody could have the role and shall not any more.
	Closes bool
	// Keep are those who have the role because it is open, and shall keep it.
	Keep []string
	// Lose are those who are annotated with the role while it is open, and lose it, since
	// nobody asked for them to be kept.
	Lose []string
	// Remove are the subjects that are gone.
	Remove []string
	// StillOpen is true when some statement cannot be closed without guessing, and Narrows when
	// others are closed all the same.
	StillOpen, Narrows bool

	before, after string
}

// nobodyAtAll is let in and out again to have a statement closed for everybody. That happens in
// memory; no service account can be in a namespace that is never created.
var nobodyAtAll = trustpolicy.Subject("kubectl-profile-closes", "statement")

// Clean plans what mends an audited role. An open one is closed to all but those who are asked
// for: by Profiles, and the subjects in keep.
func Clean(a Audited, p trustpolicy.Provider, t Tenants, keep []string) (Cleaning, error) {
	c := Cleaning{Role: a.Role, Remove: a.removable(), before: a.trust, after: a.trust}
	policy := []byte(a.trust)
	var err error
	if a.Open {
		admitted := t.keeping(a.Role, keep)
		if policy, err = closed(policy, p, admitted); err != nil {
			return c, err
		}
		if c.StillOpen, err = trustpolicy.Open(policy, p); err != nil {
			return c, err
		}
		c.Closes, c.Narrows = !c.StillOpen, c.StillOpen && string(policy) != a.trust
		if c.Closes {
			c.Keep, c.Lose = split(admitted, t.annotated[a.Role], a.Subjects)
		}
	}
	if policy, err = trustpolicy.Revoke(policy, p, c.Remove); err != nil {
		return c, err
	}
	c.after = string(policy)
	return c, c.checkSize(a)
}

// checkSize tells when IAM would refuse the trust policy for its length.
func (c Cleaning) checkSize(a Audited) error {
	size := trustpolicy.Size([]byte(c.after))
	if size <= a.Limit || size <= a.Size {
		return nil
	}
	return fmt.Errorf("to name whoever keeps it takes %d characters, and the account allows %d. Have the quota raised, have fewer Profiles name the role, or, if the quota is higher already, have iam:GetAccountSummary allowed, which tells", size, a.Limit)
}

// Left is what there is to say about the role when it is cleaned.
func (c Cleaning) Left(a Audited, p trustpolicy.Provider, t Tenants) Audited {
	left, _ := Audit(ListedRole{ARN: c.Role, Trust: c.after}, p, a.Limit, t)
	return left
}

// Changes tells whether there is something to write.
func (c Cleaning) Changes() bool { return c.before != c.after }

// Keepable tells whether a subject can be asked to be kept: it is annotated with one of the roles
// that is open, or that names it already.
func (t Tenants) Keepable(subject string, all []Audited) bool {
	return slices.ContainsFunc(all, func(a Audited) bool {
		return slices.Contains(t.annotated[a.Role], subject) && (a.Open || slices.Contains(a.Subjects, subject))
	})
}

// keeping are the subjects by audience that shall keep a role.
func (t Tenants) keeping(role string, keep []string) map[string][]string {
	admitted := map[string][]string{}
	for audience, subjects := range t.asked[role] {
		admitted[audience] = slices.Clone(subjects)
	}
	for _, subject := range keep {
		if slices.Contains(t.annotated[role], subject) {
			admitted[trustpolicy.DefaultAudience] = append(admitted[trustpolicy.DefaultAudience], subject)
		}
	}
	return admitted
}

// split sorts who keeps and who loses an open role. Whom a statement names is not concerned.
func split(admitted map[string][]string, annotated, named []string) (keep, lose []string) {
	for _, audience := range slices.Sorted(maps.Keys(admitted)) {
		keep = append(keep, admitted[audience]...)
	}
	slices.Sort(keep)
	keep = slices.Compact(keep)
	for _, subject := range annotated {
		if !slices.Contains(keep, subject) && !slices.Contains(named, subject) {
			lose = append(lose, subject)
		}
	}
	return keep, lose
}

// closed closes open statements to all but the admitted. Where none can be closed, it returns the
// policy as it was: whoever the role is open to need not be named in it.
func closed(policy []byte, p trustpolicy.Provider, admitted map[string][]string) ([]byte, error) {
	shut, err := closedToAll(policy, p)
	if err != nil || bytes.Equal(shut, policy) || len(admitted) == 0 {
		return shut, err
	}
	for _, audience := range slices.Sorted(maps.Keys(admitted)) {
		if policy, err = trustpolicy.Grant(policy, p, audience, admitted[audience]); err != nil {
			return nil, err
		}
	}
	return policy, nil
}

// closedToAll closes the statements that are open and can be closed, and lets nobody in.
func closedToAll(policy []byte, p trustpolicy.Provider) ([]byte, error) {
	attempt, err := trustpolicy.Grant(policy, p, trustpolicy.DefaultAudience, []string{nobodyAtAll})
	if err != nil {
		return nil, err
	}
	return trustpolicy.Revoke(attempt, p, []string{nobodyAtAll})
}

// Apply writes the trust policy, unless somebody has changed it since it was looked at.
func (c Cleaning) Apply(ctx context.Context, client IAM) error {
	role := Role{Name: c.Role}
	answer, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(role.name())})
	if err != nil {
		return Explain(err, "iam:GetRole")
	}
	now, err := decoded(answer.Role.AssumeRolePolicyDocument)
	if err != nil {
		return fmt.Errorf("read the trust policy of %s: %w", c.Role, err)
	}
	if now != c.before || aws.ToString(answer.Role.Arn) != c.Role {
		return errors.New("somebody has changed its trust policy meanwhile; run the command again")
	}
	_, err = client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(role.name()), PolicyDocument: &c.after})
	return Explain(err, "iam:UpdateAssumeRolePolicy")
}
