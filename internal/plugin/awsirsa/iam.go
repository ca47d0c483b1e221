package awsirsa

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
)

// IAM is the part of IAM's client that is used. *iam.Client implements it.
type IAM interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	UpdateAssumeRolePolicy(context.Context, *iam.UpdateAssumeRolePolicyInput, ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error)
}

// NewIAM returns a client of IAM with the SDK's default chain of configuration and
// credentials. Where no region is set it takes us-east-1, since IAM is global in its
// partition and the SDK wants one. The client tries nothing again: that is for the queue,
// which knows what else is waiting.
// Credentials are got when they are first needed, so this works outside of AWS as well.
func NewIAM(ctx context.Context) (*iam.Client, error) {
	found, err := awsclient.LoadConfig(ctx)
	if err != nil {
		return nil, err
	}
	return newIAM(found), nil
}

func newIAM(c aws.Config) *iam.Client {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	return iam.NewFromConfig(awsclient.Prepare(c))
}

// requestTimeout ends a request that IAM does not answer. Whether it was carried out is
// then found out by reading.
const requestTimeout = 15 * time.Second

// reading is what IAM said about a role.
type reading struct {
	role   roleARN
	policy []byte
	tags   map[string]string
}

// errAnotherAccount tells that IAM knows a role of that name, and it is not the one.
var errAnotherAccount = errors.New("the role with this name that IAM returns is another one")

// readRole reads a role and makes sure that it is the very one: IAM looks for names in the
// caller's account only and returns a namesake without a word.
func readRole(ctx context.Context, client IAM, role roleARN) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(role.name)})
	if err != nil {
		return reading{}, err
	}
	if answer.Role == nil || aws.ToString(answer.Role.Arn) != role.text {
		return reading{}, errAnotherAccount
	}
	policy, err := url.PathUnescape(aws.ToString(answer.Role.AssumeRolePolicyDocument))
	if err != nil {
		return reading{}, fmt.Errorf("trust policy of %s: %w", role.text, err)
	}
	r := reading{role: role, policy: []byte(policy), tags: map[string]string{}}
	for _, tag := range answer.Role.Tags {
		r.tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return r, nil
}

func writeTrustPolicy(ctx context.Context, client IAM, role roleARN, policy []byte) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String(role.name), PolicyDocument: aws.String(string(policy))})
	return err
}
