package eks

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAnAssociationLivesThroughTheSDK(t *testing.T) {
	c := start(t, Options{})
	role, other := c.role("r"), c.role("other")
	asked := request("alice", "default-editor", role)
	asked.Tags, asked.TargetRoleArn = map[string]string{"team": "alice", "kept": "x"}, aws.String("arn:aws:iam::210987654321:role/lake")
	made, err := c.CreatePodIdentityAssociation(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	id := made.Association.AssociationId
	arn := "arn:aws:eks:us-east-1:123456789012:podidentityassociation/prod/" + *id
	want := &types.PodIdentityAssociation{AssociationId: id, AssociationArn: &arn, ClusterName: aws.String("prod"), Namespace: aws.String("alice"),
		ServiceAccount: aws.String("default-editor"), RoleArn: &role, TargetRoleArn: asked.TargetRoleArn, Tags: asked.Tags, DisableSessionTags: aws.Bool(false),
		ExternalId: aws.String("us-east-1/123456789012/prod/alice/default-editor")}
	same := func(got *types.PodIdentityAssociation) {
		t.Helper()
		ignored := []cmp.Option{cmpopts.IgnoreUnexported(types.PodIdentityAssociation{}), cmpopts.IgnoreFields(types.PodIdentityAssociation{}, "CreatedAt", "ModifiedAt")}
		if diff := cmp.Diff(want, got, ignored...); diff != "" {
			t.Errorf("association (-want +got):\n%s", diff)
		}
		if got.CreatedAt == nil || got.ModifiedAt == nil || got.ModifiedAt.Before(*got.CreatedAt) {
			t.Errorf("the times are %v and %v", got.CreatedAt, got.ModifiedAt)
		}
	}
	same(made.Association)
	read, err := c.DescribePodIdentityAssociation(t.Context(), &sdk.DescribePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: id})
	if err != nil {
		t.Fatal(err)
	}
	same(read.Association)

	if _, err := c.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"team": "bob", "more": "x"}}); err != nil {
		t.Fatal(err)
	}
	want.Tags = map[string]string{"team": "bob", "kept": "x", "more": "x"}
	for _, change := range []struct {
		in                  sdk.UpdatePodIdentityAssociationInput
		role, target, extID *string
	}{
		{sdk.UpdatePodIdentityAssociationInput{RoleArn: &other}, &other, want.TargetRoleArn, want.ExternalId},
		{sdk.UpdatePodIdentityAssociationInput{TargetRoleArn: aws.String("")}, &other, nil, nil},
		{sdk.UpdatePodIdentityAssociationInput{RoleArn: &role}, &role, nil, nil},
	} {
		change.in.ClusterName, change.in.AssociationId = aws.String("prod"), id
		updated, err := c.UpdatePodIdentityAssociation(t.Context(), &change.in)
		if err != nil {
			t.Fatal(err)
		}
		want.RoleArn, want.TargetRoleArn, want.ExternalId = change.role, change.target, change.extID
		same(updated.Association)
	}
	deleted, err := c.DeletePodIdentityAssociation(t.Context(), &sdk.DeletePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: id})
	if err != nil {
		t.Fatal(err)
	}
	same(deleted.Association)
	_, err = c.DescribePodIdentityAssociation(t.Context(), &sdk.DescribePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: id})
	wantError[*types.ResourceNotFoundException](t, err)
	if changes := c.server.Changes(); len(changes) != 6 || !changes[5].Deleted || changes[0].By != c.account.Credentials().AccessKeyID {
		t.Errorf("the changes were %+v", changes)
	}
}

func TestListsAreFilteredAndComeInPages(t *testing.T) {
	c := start(t, Options{})
	c.server.AddCluster("empty", "https://oidc.example.com/id/empty")
	role := c.role("r")
	for n := range 130 {
		c.server.Associate(Association{Cluster: "prod", Namespace: fmt.Sprintf("ns-%d", n%2), ServiceAccount: fmt.Sprintf("sa-%d", n), Role: role})
	}
	tests := map[string]struct {
		in    sdk.ListPodIdentityAssociationsInput
		pages []int
	}{
		"all":            {sdk.ListPodIdentityAssociationsInput{}, []int{100, 30}},
		"small pages":    {sdk.ListPodIdentityAssociationsInput{MaxResults: aws.Int32(50)}, []int{50, 50, 30}},
		"a whole page":   {sdk.ListPodIdentityAssociationsInput{Namespace: aws.String("ns-1"), MaxResults: aws.Int32(65)}, []int{65}},
		"by namespace":   {sdk.ListPodIdentityAssociationsInput{Namespace: aws.String("ns-0")}, []int{65}},
		"by account":     {sdk.ListPodIdentityAssociationsInput{ServiceAccount: aws.String("sa-7")}, []int{1}},
		"by both":        {sdk.ListPodIdentityAssociationsInput{Namespace: aws.String("ns-0"), ServiceAccount: aws.String("sa-7")}, []int{0}},
		"in another one": {sdk.ListPodIdentityAssociationsInput{ClusterName: aws.String("empty")}, []int{0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.in.ClusterName == nil {
				test.in.ClusterName = aws.String("prod")
			}
			var sizes []int
			seen := map[string]bool{}
			pages := sdk.NewListPodIdentityAssociationsPaginator(c.Client, &test.in)
			for pages.HasMorePages() {
				page, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				sizes = append(sizes, len(page.Associations))
				for _, a := range page.Associations {
					if seen[*a.AssociationId] {
						t.Errorf("%s is listed twice", *a.AssociationId)
					}
					seen[*a.AssociationId] = true
				}
			}
			if !slices.Equal(sizes, test.pages) {
				t.Errorf("the pages have %v, want %v", sizes, test.pages)
			}
		})
	}
	_, err := c.ListPodIdentityAssociations(t.Context(), &sdk.ListPodIdentityAssociationsInput{ClusterName: aws.String("prod"), MaxResults: aws.Int32(101)})
	wantError[*types.InvalidParameterException](t, err)
	_, err = c.ListPodIdentityAssociations(t.Context(), &sdk.ListPodIdentityAssociationsInput{ClusterName: aws.String("prod"), NextToken: aws.String("x")})
	wantError[*types.InvalidParameterException](t, err)
	_, err = c.ListPodIdentityAssociations(t.Context(), &sdk.ListPodIdentityAssociationsInput{ClusterName: aws.String("none")})
	wantError[*types.ResourceNotFoundException](t, err)
}

func TestAnAccountHasOneAssociation(t *testing.T) {
	c := start(t, Options{})
	c.server.AddCluster("second", "https://oidc.example.com/id/second")
	role := c.role("r")
	c.create("alice", "default-editor", role)
	_, err := c.CreatePodIdentityAssociation(t.Context(), request("alice", "default-editor", c.role("other")))
	wantError[*types.ResourceInUseException](t, err)
	elsewhere := request("alice", "default-editor", role)
	elsewhere.ClusterName = aws.String("second")
	if _, err := c.CreatePodIdentityAssociation(t.Context(), elsewhere); err != nil {
		t.Errorf("in another cluster: %v", err)
	}
	c.create("alice", "other", role)
	c.create("bob", "default-editor", role)
}

func TestAClusterHasAQuota(t *testing.T) {
	c := start(t, Options{AssociationsPerCluster: 1})
	c.create("alice", "default-editor", c.role("r"))
	_, err := c.CreatePodIdentityAssociation(t.Context(), request("bob", "default-editor", c.role("r")))
	wantError[*types.ResourceLimitExceededException](t, err)
}

func TestATokenMakesCreationIdempotent(t *testing.T) {
	c := start(t, Options{})
	asked := request("alice", "default-editor", c.role("r"))
	asked.ClientRequestToken = aws.String("once")
	first, err := c.CreatePodIdentityAssociation(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.CreatePodIdentityAssociation(t.Context(), asked)
	if err != nil || *second.Association.AssociationId != *first.Association.AssociationId || len(c.server.Changes()) != 1 {
		t.Errorf("the second time %v, %v", second, err)
	}
	asked.Namespace = aws.String("bob")
	_, err = c.CreatePodIdentityAssociation(t.Context(), asked)
	wantError[*types.InvalidParameterException](t, err)
	c.server.Disassociate(*first.Association.AssociationId)
	if again, err := c.CreatePodIdentityAssociation(t.Context(), asked); err != nil || *again.Association.AssociationId == *first.Association.AssociationId {
		t.Errorf("after the deletion %v, %v", again, err)
	}
}

func TestClusters(t *testing.T) {
	c := start(t, Options{})
	listed, err := c.ListClusters(t.Context(), &sdk.ListClustersInput{})
	if err != nil || !slices.Equal(listed.Clusters, []string{"prod"}) {
		t.Errorf("listed %v, %v", listed, err)
	}
	described, err := c.DescribeCluster(t.Context(), &sdk.DescribeClusterInput{Name: aws.String("prod")})
	if err != nil || *described.Cluster.Identity.Oidc.Issuer != "https://oidc.example.com/id/prod" || described.Cluster.Status != types.ClusterStatusActive {
		t.Errorf("described %+v, %v", described, err)
	}
	c.create("alice", "default-editor", c.role("r"))
	c.server.RemoveCluster("prod")
	_, err = c.DescribeCluster(t.Context(), &sdk.DescribeClusterInput{Name: aws.String("prod")})
	wantError[*types.ResourceNotFoundException](t, err)
	if left := c.server.Associations(); len(left) > 0 {
		t.Errorf("the cluster is gone and left %+v", left)
	}
}
