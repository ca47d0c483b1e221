package awsroles

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
)

// RoleSteps reads what there is in the place of a role and returns what brings it to be as
// wanted.
func RoleSteps(ctx context.Context, client IAM, wanted Role) ([]Step, error) {
	found, err := readRole(ctx, client, wanted)
	if err != nil {
		return nil, err
	}
	trust, err := trustOf(found, wanted)
	if err != nil {
		return nil, err
	}
	if found == nil || trust != found.trust {
		if err := fits(ctx, client, wanted, trust); err != nil {
			return nil, err
		}
	}
	steps, err := planRole(found, wanted, trust)
	for i := range steps {
		if c := steps[i].change; c != nil {
			steps[i].Do = func(ctx context.Context) error { return c(ctx, client) }
		}
	}
	return asSteps(steps), err
}

// CheckRole tells why RoleSteps would refuse a role. Where IAM may not be asked only the wanted role
// itself is looked at.
func CheckRole(ctx context.Context, client IAM, wanted Role) error {
	_, err := RoleSteps(ctx, client, wanted)
	if codeOf(err) == "" {
		return err
	}
	trust, err := wanted.Trust()
	if err != nil {
		return err
	}
	return fits(ctx, client, wanted, trust)
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

// trustOf is the trust policy that a role shall have, new or as it is found. Nothing is done with a
// role that somebody else may have made for something else.
func trustOf(found *foundRole, wanted Role) (string, error) {
	if found == nil {
		return wanted.Trust()
	}
	if found.arn != wanted.ARN() {
		return "", fmt.Errorf("there is a role of that name already: %s. Give the name with that path, or another name", found.arn)
	}
	if err := isNotOf(found, wanted); err != nil {
		return "", err
	}
	trust, err := edit(found, wanted)
	if err != nil {
		return "", err
	}
	return trust, mayTake(found, wanted, trust == found.trust)
}

// planRole decides what is to be done.
func planRole(found *foundRole, wanted Role, trust string) ([]planned, error) {
	var steps []planned
	if found == nil {
		found = &foundRole{}
		steps = append(steps, planNew(wanted, trust))
	} else {
		edited, err := planTrust(found, wanted, trust)
		if err != nil {
			return nil, err
		}
		steps = append(steps, edited, planTags(wanted, missingTags(found.tags, wanted.Tags)))
	}
	if wanted.Inline != nil {
		inline, err := planInline(found, wanted)
		if err != nil {
			return nil, err
		}
		steps = append(steps, inline)
	}
	for _, arn := range wanted.Attached {
		steps = append(steps, planAttached(found, wanted, arn))
	}
	return steps, nil
}

func planNew(wanted Role, trust string) planned {
	todo := "created, for " + strings.Join(wanted.Subjects, ", ") + " alone"
	if wanted.Inline == nil && len(wanted.Attached) == 0 {
		todo += ", with no rights yet"
	}
	return planned{
		Step:   Step{What: "role/" + wanted.Name, Todo: todo, Found: "there was none"},
		change: func(ctx context.Context, client IAM) error { return createRole(ctx, client, wanted, trust) },
	}
}

// isNotOf refuses a role whose tags say that it is somebody else's: another Profile's, or that of
// the controller of another cluster.
func isNotOf(found *foundRole, wanted Role) error {
	for _, key := range slices.Sorted(maps.Keys(wanted.Tags)) {
		is := found.tags[key]
		switch {
		case is == "" || is == wanted.Tags[key]:
		case key != awsirsa.TagKey:
			return fmt.Errorf("%s is for the cluster with the issuer %s, by its tag %s. Choose another name with --role; or, if that cluster is gone, tag it for this one: %s", found.arn, plain.Text(is), key, tagCommand(wanted, key))
		case is != "*":
			return fmt.Errorf("%s is the role of profile %s, by its tag %s. Choose another name", found.arn, plain.Text(is), key)
		}
	}
	return nil
}

// mayTake refuses a role that is not known to be for this: who gets into a role gets all that
// it may do. One that lets the subjects in already is for them.
func mayTake(found *foundRole, wanted Role, same bool) error {
	missing := missingTags(found.tags, wanted.Tags)
	if len(missing) == 0 || same {
		return nil
	}
	key := slices.Sorted(maps.Keys(missing))[0]
	return fmt.Errorf("%s is there, and nothing says that it is for this. Choose another name; or, if you know all that it may do, tag it: %s",
		found.arn, tagCommand(wanted, key))
}

func tagCommand(wanted Role, key string) string {
	return "aws iam tag-role --role-name " + wanted.name() + " --tags Key=" + key + ",Value=" + wanted.Tags[key]
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
