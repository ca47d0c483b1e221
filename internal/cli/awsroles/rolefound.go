package awsroles

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// foundRole is a role as IAM has it.
type foundRole struct {
	arn, trust string
	tags       map[string]string
	// inline is the policy of the name that is wanted, or empty.
	inline string
	// others are the names of the other policies of its own, and attached the ARNs of managed ones.
	// They are read where they matter.
	others   []string
	attached map[string]bool
}

// readRole returns what there is in the place of a role, or nil.
func readRole(ctx context.Context, client IAM, wanted Role) (*foundRole, error) {
	name := aws.String(wanted.name())
	answer, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := &foundRole{arn: aws.ToString(answer.Role.Arn), tags: map[string]string{}, attached: map[string]bool{}}
	for _, tag := range answer.Role.Tags {
		found.tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if found.trust, err = decoded(answer.Role.AssumeRolePolicyDocument); err != nil {
		return nil, fmt.Errorf("read the trust policy of %s: %w", found.arn, err)
	}
	if err := found.readInline(ctx, client, name, wanted.Inline); err != nil {
		return nil, err
	}
	if !wanted.Shared {
		if err := found.readOthers(ctx, client, name, wanted.Inline); err != nil {
			return nil, err
		}
	}
	if len(wanted.Attached) > 0 || !wanted.Shared {
		return found, found.readAttached(ctx, client, name)
	}
	return found, nil
}

func (f *foundRole) readInline(ctx context.Context, client IAM, name *string, wanted *Inline) error {
	if wanted == nil {
		return nil
	}
	answer, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: &wanted.Name})
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	f.inline, err = decoded(answer.PolicyDocument)
	return err
}

func (f *foundRole) readOthers(ctx context.Context, client IAM, name *string, wanted *Inline) error {
	pages := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.PolicyNames {
			if wanted == nil || policy != wanted.Name {
				f.others = append(f.others, policy)
			}
		}
	}
	return nil
}

func (f *foundRole) readAttached(ctx context.Context, client IAM, name *string) error {
	pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.AttachedPolicies {
			f.attached[aws.ToString(policy.PolicyArn)] = true
		}
	}
	return nil
}
