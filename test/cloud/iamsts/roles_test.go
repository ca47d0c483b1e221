package iamsts

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

func TestRoles(t *testing.T) {
	s := start(t, Options{Partition: "aws-cn", AccountID: "111122223333"})
	client, name := s.iam(t), aws.String("alice")
	policy := strings.Replace(trusting(s, "https://oidc.example.com/id/a+b", "a*b c%20"), " ", "\n\t", 1)
	created, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/profiles/"), Description: aws.String("Für Alice <&>"), AssumeRolePolicyDocument: &policy,
		Tags: []types.Tag{{Key: aws.String("kubeflow.org/profile"), Value: aws.String("alice")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []*types.Role{created.Role, got.Role} {
		if arn := aws.ToString(role.Arn); arn != "arn:aws-cn:iam::111122223333:role/profiles/alice" {
			t.Errorf("ARN %s", arn)
		}
		if strings.ContainsAny(*role.AssumeRolePolicyDocument, " +\"\n{") {
			t.Errorf("not URL-encoded: %s", *role.AssumeRolePolicyDocument)
		}
		if document, err := url.PathUnescape(*role.AssumeRolePolicyDocument); err != nil || document != policy {
			t.Errorf("%v, %s", err, cmp.Diff(policy, document))
		}
		if aws.ToString(role.Description) != "Für Alice <&>" || len(role.Tags) != 1 || *role.Tags[0].Key+*role.Tags[0].Value != "kubeflow.org/profilealice" {
			t.Errorf("description %q, tags %v", aws.ToString(role.Description), role.Tags)
		}
	}
	if _, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	if _, ok := errors.AsType[*types.NoSuchEntityException](err); !ok {
		t.Errorf("after deletion: %v", err)
	}
}
