package awspodidentity

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
)

// find reads the association of an account, or returns nil when there is none.
func (x *exchange) find(ctx context.Context, of account) (*association, error) {
	var id *string
	pages := eks.NewListPodIdentityAssociationsPaginator(x.client, &eks.ListPodIdentityAssociationsInput{
		ClusterName: &of.cluster, Namespace: &of.namespace, ServiceAccount: &of.name})
	for id == nil && pages.HasMorePages() {
		err := x.request(ctx, "ListPodIdentityAssociations", func(ctx context.Context) error {
			page, err := pages.NextPage(ctx)
			if err == nil {
				id = idOf(page.Associations, of)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if id == nil {
		return nil, nil
	}
	var answer *eks.DescribePodIdentityAssociationOutput
	err := x.request(ctx, "DescribePodIdentityAssociation", func(ctx context.Context) (err error) {
		answer, err = x.client.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: &of.cluster, AssociationId: id})
		return err
	})
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return read(answer.Association)
}

// idOf compares account and namespace once more: what is about to be changed must be the
// very one, whatever the filter did.
func idOf(page []types.PodIdentityAssociationSummary, of account) *string {
	for _, a := range page {
		if aws.ToString(a.Namespace) == of.namespace && aws.ToString(a.ServiceAccount) == of.name {
			return a.AssociationId
		}
	}
	return nil
}

var errEmptyAnswer = errors.New("EKS answered without an association")

func read(a *types.PodIdentityAssociation) (*association, error) {
	if a == nil || aws.ToString(a.AssociationId) == "" {
		return nil, errEmptyAnswer
	}
	return &association{id: *a.AssociationId, arn: aws.ToString(a.AssociationArn), role: aws.ToString(a.RoleArn),
		targetRole: aws.ToString(a.TargetRoleArn), owner: aws.ToString(a.OwnerArn), tags: a.Tags}, nil
}

// errNotAsAsked tells that EKS took a request and answered with another association.
var errNotAsAsked = errors.New("the association that EKS answered with is not the one that was asked for")

// associate makes the association of a wish.
func (x *exchange) associate(ctx context.Context, w wish) error {
	return x.request(ctx, "CreatePodIdentityAssociation", func(ctx context.Context) error {
		answer, err := x.client.CreatePodIdentityAssociation(ctx, &eks.CreatePodIdentityAssociationInput{
			ClusterName: &w.cluster, Namespace: &w.namespace, ServiceAccount: &w.name,
			RoleArn: &w.role, TargetRoleArn: orNone(w.targetRole), Tags: tagsOf(w)})
		if err != nil {
			return err
		}
		return seen(answer.Association, w)
	})
}

// update gives an association the roles of a wish. EKS keeps a target role that is not
// mentioned, so an end of it is asked for with an empty one.
func (x *exchange) update(ctx context.Context, w wish, found association) error {
	target := orNone(w.targetRole)
	if target == nil && found.targetRole != "" {
		target = aws.String("")
	}
	return x.request(ctx, "UpdatePodIdentityAssociation", func(ctx context.Context) error {
		answer, err := x.client.UpdatePodIdentityAssociation(ctx, &eks.UpdatePodIdentityAssociationInput{
			ClusterName: &w.cluster, AssociationId: &found.id, RoleArn: &w.role, TargetRoleArn: target})
		if err != nil {
			return err
		}
		return seen(answer.Association, w)
	})
}

// seen returns nil when an answer shows that pods get what the wish asks for.
func seen(answer *types.PodIdentityAssociation, w wish) error {
	a, err := read(answer)
	if err == nil && !a.gives(w) {
		err = errNotAsAsked
	}
	return err
}

// tag notes on an association for which binding it stands.
func (x *exchange) tag(ctx context.Context, w wish, found association) error {
	return x.request(ctx, "TagResource", func(ctx context.Context) error {
		_, err := x.client.TagResource(ctx, &eks.TagResourceInput{ResourceArn: &found.arn, Tags: map[string]string{TagBinding: w.mark()}})
		return err
	})
}

// disassociate deletes an association. One that is gone already is as good.
func (x *exchange) disassociate(ctx context.Context, of account, found association) error {
	err := x.request(ctx, "DeletePodIdentityAssociation", func(ctx context.Context) error {
		_, err := x.client.DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{ClusterName: &of.cluster, AssociationId: &found.id})
		return err
	})
	if isGone(err) {
		return nil
	}
	return err
}

func orNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// isGone tells whether EKS does not know the cluster or the association.
func isGone(err error) bool {
	_, gone := errors.AsType[*types.ResourceNotFoundException](err)
	return gone
}
