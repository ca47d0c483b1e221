package awsroles

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// ListedRole is a role with its trust policy.
type ListedRole struct{ ARN, Trust string }

// ListRoles returns all roles of the account.
func ListRoles(ctx context.Context, client IAM) ([]ListedRole, error) {
	var roles []ListedRole
	pages := iam.NewListRolesPaginator(client, &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, Explain(fmt.Errorf("list the roles of the account: %w", err), "iam:ListRoles")
		}
		for _, role := range page.Roles {
			trust, err := decoded(role.AssumeRolePolicyDocument)
			if err != nil {
				return nil, fmt.Errorf("read the trust policy of %s: %w", aws.ToString(role.Arn), err)
			}
			roles = append(roles, ListedRole{aws.ToString(role.Arn), trust})
		}
	}
	return roles, nil
}

// TrustPolicyLimit is how many characters a trust policy may have in the account. Where that may
// not be asked it is IAM's default.
func TrustPolicyLimit(ctx context.Context, client IAM) int {
	answer, err := client.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return trustpolicy.DefaultSizeLimit
	}
	if limit, ok := answer.SummaryMap[string(types.SummaryKeyTypeAssumeRolePolicySizeQuota)]; ok {
		return int(limit)
	}
	return trustpolicy.DefaultSizeLimit
}
