package awspodidentity

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/smithy-go/middleware"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsclient"
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
	found, err := awsclient.LoadConfig(ctx)
	if err != nil {
		return nil, err
	}
	return newEKS(found), nil
}

func newEKS(c aws.Config) *eks.Client {
	return eks.NewFromConfig(awsclient.Prepare(c), func(o *eks.Options) {
		if o.Region == "" {
			o.APIOptions = append(o.APIOptions, func(*middleware.Stack) error { return errNoRegion })
		}
	})
}

// errNoRegion tells that a request was not even sent.
var errNoRegion = errors.New("no AWS region")
