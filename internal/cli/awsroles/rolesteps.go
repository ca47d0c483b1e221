package awsroles

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// RoleSteps reads what there is in the place of a role and returns what brings it to be as
// wanted.
func RoleSteps(ctx context.Context, client IAM, wanted Role) ([]Step, error) {
	found, err := readRole(ctx, client, wanted)
	if err != nil {
		return nil, err
	}
	steps, err := planRole(found, wanted)
	for i := range steps {
		if c := steps[i].change; c != nil {
			steps[i].Do = func(ctx context.Context) error { return c(ctx, client) }
		}
	}
	return asSteps(steps), err
}

// planned is a step that still needs a client.
type planned struct {
	Step
	change func(context.Context, IAM) error
}

func asSteps(all []planned) []Step {
	var steps []Step
	for _, p := range all {
		steps = append(steps, p.Step)
	}
	return steps
}

// planRole decides what is to be done. Nothing is done with a role that somebody else may have
// made for something else.
func planRole(found *foundRole, wanted Role) ([]planned, error) {
	var steps []planned
	if found == nil {
		trust, err := wanted.Trust()
		if err != nil {
			return nil, err
		}
		found = &foundRole{}
		steps = append(steps, planned{
			Step:   Step{What: "role/" + wanted.Name, Todo: "created, for " + strings.Join(wanted.Subjects, ", ") + " alone"},
			change: func(ctx context.Context, client IAM) error { return createRole(ctx, client, wanted, trust) },
		})
	} else {
		existing, err := planExisting(found, wanted)
		if err != nil {
			return nil, err
		}
		steps = append(steps, existing...)
	}
	if wanted.Inline != nil {
		steps = append(steps, planInline(found, wanted))
	}
	for _, arn := range wanted.Attached {
		steps = append(steps, planAttached(found, wanted, arn))
	}
	return steps, nil
}

// planExisting decides about the trust policy and the tags of a role that is there.
func planExisting(found *foundRole, wanted Role) ([]planned, error) {
	if found.arn != wanted.ARN() {
		return nil, fmt.Errorf("there is a role of that name already: %s. Give the name with that path, or another name", found.arn)
	}
	edited, err := trustpolicy.Grant([]byte(found.trust), wanted.Provider, wanted.Audience, wanted.Subjects)
	if err != nil {
		return nil, fmt.Errorf("the trust policy of %s: %w", found.arn, err)
	}
	missing := missingTags(found.tags, wanted.Tags)
	same := bytes.Equal(edited, []byte(found.trust))
	if err := mayTake(found, wanted, missing, same); err != nil {
		return nil, err
	}
	trust := planned{Step: Step{What: "role/" + wanted.Name, Found: "lets " + strings.Join(wanted.Subjects, ", ") + " in"}}
	if !same {
		open, err := trustpolicy.Open([]byte(found.trust), wanted.Provider)
		if err != nil {
			return nil, err
		}
		trust.Found, trust.Todo = "", "opened for "+strings.Join(wanted.Subjects, ", ")
		if open {
			trust.Todo = "closed to all service accounts but those that are named, among them " + strings.Join(wanted.Subjects, ", ")
		}
		trust.change = func(ctx context.Context, client IAM) error {
			_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
				RoleName: aws.String(wanted.name()), PolicyDocument: aws.String(string(edited))})
			return err
		}
	}
	return []planned{trust, planTags(wanted, missing)}, nil
}

// mayTake refuses a role that is not known to be for this: who gets into a role gets all that
// it may do.
func mayTake(found *foundRole, wanted Role, missing map[string]string, same bool) error {
	if profile, other := found.tags[awsirsa.TagKey], wanted.Tags[awsirsa.TagKey]; profile != "" && profile != "*" && profile != other {
		return fmt.Errorf("%s is the role of profile %s, by its tag %s. Choose another name", found.arn, profile, awsirsa.TagKey)
	}
	if len(missing) == 0 || same {
		return nil
	}
	key := slices.Sorted(maps.Keys(missing))[0]
	return fmt.Errorf("%s is there, and nothing says that it is for this. Choose another name; or, if you know all that it may do, tag it: aws iam tag-role --role-name %s --tags Key=%s,Value=%s",
		found.arn, wanted.name(), key, missing[key])
}

// missingTags are those of wanted that a role has not. A role for any Profile is for each.
func missingTags(found, wanted map[string]string) map[string]string {
	missing := map[string]string{}
	for key, value := range wanted {
		if is, ok := found[key]; !ok || is != value && (key != awsirsa.TagKey || is != "*") {
			missing[key] = value
		}
	}
	return missing
}
