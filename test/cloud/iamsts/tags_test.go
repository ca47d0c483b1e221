package iamsts

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

func tagged(pairs ...string) []types.Tag {
	var tags []types.Tag
	for i := 0; i < len(pairs); i += 2 {
		tags = append(tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return tags
}

func pairs(tags []types.Tag) []string {
	var all []string
	for _, tag := range tags {
		all = append(all, aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return all
}

func TestTags(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, map[string]string{"b": "1", "c": "1"})
	client, name := s.iam(t), aws.String("alice")
	_, tagErr := client.TagRole(t.Context(), &iam.TagRoleInput{RoleName: name, Tags: tagged("a", "<&>", "b", "2")})
	_, untagErr := client.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"c", "none"}})
	listed, listErr := client.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: name})
	got, getErr := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	for _, err := range []error{tagErr, untagErr, listErr, getErr} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"a", "<&>", "b", "2"}
	if diff := cmp.Diff(want, pairs(listed.Tags)) + cmp.Diff(want, pairs(got.Role.Tags)); diff != "" {
		t.Error(diff)
	}
	_, err := client.TagRole(t.Context(), &iam.TagRoleInput{RoleName: name, Tags: tagged("a", "1", "a", "2")})
	if !as[*types.InvalidInputException](err) {
		t.Errorf("a key twice: %v", err)
	}
	var many []string
	for i := range 49 {
		many = append(many, fmt.Sprint(i), "")
	}
	_, err = client.TagRole(t.Context(), &iam.TagRoleInput{RoleName: name, Tags: tagged(many...)})
	if !as[*types.LimitExceededException](err) {
		t.Errorf("51 tags: %v", err)
	}
	_, err = client.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: aws.String("bob")})
	if !as[*types.NoSuchEntityException](err) {
		t.Errorf("of no role: %v", err)
	}
}

func TestRolesAreListedPageByPage(t *testing.T) {
	s := start(t, Options{})
	for i := range 7 {
		s.AddRole(fmt.Sprintf("in-%d", i), "/profiles/", services, map[string]string{"a": "b"})
		s.AddRole(fmt.Sprintf("out-%d", i), "/", services, nil)
	}
	client := s.iam(t)
	var names []string
	pages := iam.NewListRolesPaginator(client, &iam.ListRolesInput{PathPrefix: aws.String("/profiles/"), MaxItems: aws.Int32(3)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range page.Roles {
			names = append(names, aws.ToString(role.RoleName))
			if role.Tags != nil || aws.ToString(role.AssumeRolePolicyDocument) == "" {
				t.Errorf("listed as %v", role)
			}
		}
	}
	if diff := cmp.Diff([]string{"in-0", "in-1", "in-2", "in-3", "in-4", "in-5", "in-6"}, names); diff != "" {
		t.Error(diff)
	}
	if got := s.Requests()["ListRoles"]; got != 3 {
		t.Errorf("it took %d pages", got)
	}
	_, err := client.ListRoles(t.Context(), &iam.ListRolesInput{MaxItems: aws.Int32(1001)})
	wantCode(t, err, "ValidationError")
}
