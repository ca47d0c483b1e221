package awsroles

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Account is an AWS account.
type Account struct {
	// Partition is the part of AWS that it is in, such as aws or aws-cn.
	Partition string
	// ID has 12 digits.
	ID string
}

// Identity is the part of the client of STS that says whose credentials these are.
type Identity interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// AccountOf returns the account whose credentials a client of STS has.
func AccountOf(ctx context.Context, client Identity) (Account, error) {
	answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		advice := "Log in to AWS, for example with aws sso login, and choose the account with AWS_PROFILE"
		if codeOf(err) == "InvalidClientTokenId" {
			advice += "; in China and GovCloud, name a region of there with --region"
		}
		return Account{}, fmt.Errorf("find out the AWS account: %w\n%s", err, advice)
	}
	parts := strings.Split(aws.ToString(answer.Arn), ":")
	if len(parts) < 6 {
		return Account{}, fmt.Errorf("STS says that the caller is %q, which is no ARN", aws.ToString(answer.Arn))
	}
	return Account{Partition: parts[1], ID: parts[4]}, nil
}

// arn is that of something in IAM, such as role/vision.
func (a Account) arn(resource string) string {
	return "arn:" + a.Partition + ":iam::" + a.ID + ":" + resource
}
