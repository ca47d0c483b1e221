package awsroles

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func planTags(wanted Role, missing map[string]string) planned {
	p := planned{Step: Step{What: "role/" + wanted.Name, Found: "has its tags"}}
	if len(missing) > 0 {
		p.Found, p.Todo = "", "tagged "+tagText(missing)
		p.change = func(ctx context.Context, client IAM) error {
			_, err := client.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String(wanted.name()), Tags: tagList(missing)})
			return err
		}
	}
	return p
}

func planInline(found *foundRole, wanted Role) planned {
	p := planned{Step: Step{What: "policy " + wanted.Inline.Name + " of role/" + wanted.Name, Found: "is as it should be"}}
	if found.inline != "" && sameJSON(found.inline, wanted.Inline.Document) {
		return p
	}
	p.Found, p.Todo = "", "written"
	if found.inline != "" {
		p.Todo = "replaced, since it says something else"
	}
	p.change = func(ctx context.Context, client IAM) error {
		_, err := client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: aws.String(wanted.name()), PolicyName: &wanted.Inline.Name, PolicyDocument: &wanted.Inline.Document})
		return err
	}
	return p
}

func planAttached(found *foundRole, wanted Role, arn string) planned {
	p := planned{Step: Step{What: arn, Found: "is attached to role/" + wanted.Name}}
	if !found.attached[arn] {
		p.Found, p.Todo = "", "attached to role/"+wanted.Name
		p.change = func(ctx context.Context, client IAM) error {
			_, err := client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(wanted.name()), PolicyArn: &arn})
			return err
		}
	}
	return p
}

// consistency is how long IAM is waited for to know a role that it has just made.
const consistency = 30 * time.Second

func createRole(ctx context.Context, client IAM, wanted Role, trust string) error {
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String(wanted.name()), Path: aws.String(wanted.path()), Description: aws.String(wanted.Description),
		AssumeRolePolicyDocument: &trust, Tags: tagList(wanted.Tags),
	})
	if err != nil {
		return err
	}
	return iam.NewRoleExistsWaiter(client).Wait(ctx, &iam.GetRoleInput{RoleName: aws.String(wanted.name())}, consistency)
}

func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func tagText(tags map[string]string) string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		texts = append(texts, key+"="+tags[key])
	}
	return strings.Join(texts, ", ")
}

// sameJSON tells whether two documents mean the same, however they are laid out.
func sameJSON(a, b string) bool {
	var left, right any
	return json.Unmarshal([]byte(a), &left) == nil && json.Unmarshal([]byte(b), &right) == nil && reflect.DeepEqual(left, right)
}
