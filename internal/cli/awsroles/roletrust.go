package awsroles

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// planTrust decides about the trust policy of a role that is there, whose edited form is known.
func planTrust(found *foundRole, wanted Role, edited string) (planned, error) {
	names := strings.Join(wanted.Subjects, ", ")
	named, err := namedSubjects(found.trust, wanted.Provider)
	if err != nil {
		return planned{}, err
	}
	trust := planned{Step: Step{What: "role/" + wanted.Name}}
	if edited == found.trust {
		others := wanted.without(named)
		trust.Found = "lets " + names + " in"
		if len(others) > 0 {
			trust.Found += ", and " + strings.Join(others, ", ")
		}
		return trust, nil
	}
	open, err := trustpolicy.Open([]byte(found.trust), wanted.Provider)
	if err != nil {
		return planned{}, err
	}
	trust.Todo = "opened for " + names
	switch {
	case open:
		trust.Todo = "closed to all service accounts but those that are named, among them " + names
		trust.Found = "it let all of them in"
	case len(named) > 0:
		trust.Found = "it let " + strings.Join(named, ", ") + " in"
	default:
		trust.Found = "it let no service account of this cluster in"
	}
	trust.change = func(ctx context.Context, client IAM) error {
		_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
			RoleName: aws.String(wanted.name()), PolicyDocument: &edited})
		return err
	}
	return trust, nil
}

// edit lets the subjects into a trust policy. What is open afterwards all the same, or lets others
// into a role that is for the controller alone, is refused: whoever gets in gets what the role is
// about to be given.
func edit(found *foundRole, wanted Role) (string, error) {
	edited, err := trustpolicy.Grant([]byte(found.trust), wanted.Provider, wanted.Audience, wanted.Subjects)
	if err != nil {
		return "", fmt.Errorf("the trust policy of %s: %w", found.arn, err)
	}
	open, err := trustpolicy.Open(edited, wanted.Provider)
	if err != nil {
		return "", err
	}
	if open {
		return "", fmt.Errorf("the trust policy of %s lets any service account of the cluster in, in a way that cannot be closed without guessing, such as a wildcard. Correct it (kubectl profile aws audit shows what is wrong), or choose another name",
			found.arn)
	}
	if wanted.Shared {
		return string(edited), nil
	}
	others, err := othersIn(string(edited), wanted)
	if err == nil && len(others) > 0 {
		err = fmt.Errorf("%s lets in others than the controller: %s. They would get what the controller gets. Take them out of its trust policy, or name another role with --role", found.arn, plain.Text(strings.Join(others, ", ")))
	}
	return string(edited), err
}

// othersIn are all whom a trust policy lets in besides the subjects of the role.
func othersIn(trust string, wanted Role) ([]string, error) {
	named, err := namedSubjects(trust, wanted.Provider)
	if err != nil {
		return nil, err
	}
	principals, err := otherPrincipals(trust, wanted.Provider.ARN)
	return append(wanted.without(named), principals...), err
}

// namedSubjects are the service accounts of the cluster that a trust policy names, and the patterns
// of such.
func namedSubjects(trust string, p trustpolicy.Provider) ([]string, error) {
	named, err := trustpolicy.Subjects([]byte(trust), p)
	return slices.Concat(named.Exact, named.Patterns, named.Elsewhere), err
}

// without leaves out the subjects of the role.
func (r Role) without(named []string) []string {
	return slices.DeleteFunc(slices.Clone(named), func(subject string) bool { return slices.Contains(r.Subjects, subject) })
}

// fits refuses a trust policy that IAM would refuse as too long, and says what to do instead. Only
// a long one is worth asking for the account's quota.
func fits(ctx context.Context, client IAM, wanted Role, trust string) error {
	size := trustpolicy.Size([]byte(trust))
	if size <= trustpolicy.DefaultSizeLimit {
		return nil
	}
	limit := TrustPolicyLimit(ctx, client)
	if size <= limit {
		return nil
	}
	return fmt.Errorf("the trust policy of role/%s would have %d characters, and IAM takes %d (as iam:GetAccountSummary says, or by default). Name fewer service accounts, spread them over more roles, have AWS raise the quota \"Role trust policy length\", or use EKS Pod Identity",
		wanted.Name, size, limit)
}
