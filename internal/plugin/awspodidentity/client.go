package awspodidentity

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/smithy-go/middleware"
)

// EKS is the part of the client of EKS that is used. *eks.Client implements it.
type EKS interface {
	eks.ListPodIdentityAssociationsAPIClient
	eks.ListClustersAPIClient
	eks.DescribeClusterAPIClient
	DescribePodIdentityAssociation(context.Context, *eks.DescribePodIdentityAssociationInput, ...func(*eks.Options)) (*eks.DescribePodIdentityAssociationOutput, error)
	CreatePodIdentityAssociation(context.Context, *eks.CreatePodIdentityAssociationInput, ...func(*eks.Options)) (*eks.CreatePodIdentityAssociationOutput, error)
	UpdatePodIdentityAssociation(context.Context, *eks.UpdatePodIdentityAssociationInput, ...func(*eks.Options)) (*eks.UpdatePodIdentityAssociationOutput, error)
	DeletePodIdentityAssociation(context.Context, *eks.DeletePodIdentityAssociationInput, ...func(*eks.Options)) (*eks.DeletePodIdentityAssociationOutput, error)
	TagResource(context.Context, *eks.TagResourceInput, ...func(*eks.Options)) (*eks.TagResourceOutput, error)
}

// NewEKS returns a client of EKS with the SDK's default chain of configuration and
// credentials. The client tries nothing again: that is for the controller, which knows
// what else is waiting. Region and credentials are asked for when they are first needed, so
// this works outside of AWS as well.
func NewEKS(ctx context.Context) (*eks.Client, error) {
	found, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return newEKS(found), nil
}

func newEKS(c aws.Config) *eks.Client {
	return eks.NewFromConfig(c, func(o *eks.Options) {
		o.Retryer = aws.NopRetryer{}
		if o.Region == "" {
			o.APIOptions = append(o.APIOptions, func(*middleware.Stack) error { return errNoRegion })
		}
		if o.Credentials != nil {
			o.Credentials = namedCredentials{o.Credentials}
		}
	})
}

var (
	// errNoCredentials and errNoRegion tell that a request was not even sent.
	errNoCredentials = errors.New("no AWS credentials")
	errNoRegion      = errors.New("no AWS region")
)

// namedCredentials marks the errors of getting credentials, which otherwise look like
// those of any request.
type namedCredentials struct{ aws.CredentialsProvider }

// Retrieve gets the credentials.
func (c namedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return credentials, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	return credentials, nil
}
