package awsroles

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

func planTags(wanted Role, missing map[string]string) planned {
	p := planned{Step: Step{What: "role/" + wanted.Name, Found: "has its tags"}}
	if len(missing) > 0 {
		p.Found, p.Todo = "it had no such tag", "tagged "+tagText(missing)
		p.change = func(ctx context.Context, client IAM) error {
			_, err := client.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String(wanted.name()), Tags: tagList(missing)})
			return err
		}
	}
	return p
}

// planInline writes the policy. One that says something else is replaced on the controller's role,
// which has it from nobody else; on a role that is shared somebody may have meant it so.
func planInline(found *foundRole, wanted Role) (planned, error) {
	name := wanted.Inline.Name
	p := planned{Step: Step{What: "policy " + name + " of role/" + wanted.Name, Wrong: superfluous(found, wanted)}}
	switch {
	case found.inline == "":
		p.Todo, p.Found = "written", "there was none"
	case sameJSON(found.inline, wanted.Inline.Document):
		p.Found = "is as it should be"
		return p, nil
	case wanted.Shared:
		return p, fmt.Errorf("the policy %s of role/%s allows something else than it would be given, and what is there is left as it is.\nIt allows %s\nInstead of %s\nTo have it written anew, delete it first: aws iam delete-role-policy --role-name %s --policy-name %s",
			name, wanted.Name, plain.Text(rights(found.inline)), rights(wanted.Inline.Document), wanted.name(), name)
	default:
		p.Todo, p.Found = "replaced by one that allows "+rights(wanted.Inline.Document), "it allowed "+rights(found.inline)
	}
	p.change = func(ctx context.Context, client IAM) error {
		_, err := client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: aws.String(wanted.name()), PolicyName: &name, PolicyDocument: &wanted.Inline.Document})
		return err
	}
	return p, nil
}

// superfluous says which other policies a role has that shall have just one.
func superfluous(found *foundRole, wanted Role) []string {
	if wanted.Shared {
		return nil
	}
	var all []string
	for _, name := range found.others {
		all = append(all, fmt.Sprintf("the role also has the policy %s, which may allow more; to take it away: aws iam delete-role-policy --role-name %s --policy-name %s", name, wanted.name(), plain.ShellWords(name)))
	}
	for _, arn := range slices.Sorted(maps.Keys(found.attached)) {
		if !slices.Contains(wanted.Attached, arn) {
			all = append(all, fmt.Sprintf("the role also has the policy %s, which may allow more; to take it away: aws iam detach-role-policy --role-name %s --policy-arn %s", arn, wanted.name(), plain.ShellWords(arn)))
		}
	}
	return all
}

func planAttached(found *foundRole, wanted Role, arn string) planned {
	p := planned{Step: Step{What: arn, Found: "is attached to role/" + wanted.Name}}
	if !found.attached[arn] {
		p.Found, p.Todo = "it was not", "attached to role/"+wanted.Name
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
