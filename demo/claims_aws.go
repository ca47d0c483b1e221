package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func cloudClaims(c cast) []claim {
	const editor, viewer = tenancy.EditorServiceAccount, tenancy.ViewerServiceAccount
	a := c.cloud
	return []claim{
		assumes("A pod of the researchers takes their AWS role", a.asPod(researchRoom, researchRoom, editor, stsAudience)),
		assumes("A pod of billing takes billing's role", a.asPod(billingRoom, billingRoom, editor, stsAudience)),
		assumes("So does one under the account that the Profile adds", a.asPod(billingRoom, billingRoom, "pipeline-runner", stsAudience)),
		mayNotAssume("A pod of billing may not take the researchers' role", a.asPod(researchRoom, billingRoom, editor, stsAudience), "AccessDenied"),
		mayNotAssume("Nor may the researchers' viewer account", a.asPod(researchRoom, researchRoom, viewer, stsAudience), "AccessDenied"),
		mayNotAssume("A token for another audience is refused", a.asPod(researchRoom, researchRoom, editor, "vault"), "InvalidIdentityToken"),
		{"The role, which was open to the cluster, names one account now", "one", a.namesOne},
		{"The account is annotated with its role", "annotated", annotated(c.admin)},
		{"Deleting the Profile takes the role from its running pods", "AccessDenied", a.takeRole(c.admin)},
	}
}

// assumes claims that a role can be taken.
func assumes(sentence string, do action) claim {
	return claim{sentence, "allowed", func(ctx context.Context) observation {
		if err := do(ctx); err != nil {
			return observation{happened: codeOf(err), err: err}
		}
		return observation{happened: "allowed", holds: true}
	}}
}

// mayNotAssume claims that STS refuses a role, for one reason only.
func mayNotAssume(sentence string, do action, code string) claim {
	return claim{sentence, code, func(ctx context.Context) observation { return observeRefusal(do(ctx), code) }}
}

func observeRefusal(err error, code string) observation {
	switch {
	case err == nil:
		return observation{happened: "allowed"}
	case codeOf(err) != code:
		return observation{happened: "refused, for another reason", err: err}
	default:
		return observation{happened: code, holds: true}
	}
}

// namesOne reads the researchers' role as its owner would.
func (c cloud) namesOne(ctx context.Context) observation {
	answer, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(researchRoom)})
	if err != nil {
		return observation{happened: codeOf(err), err: err}
	}
	policy, err := url.PathUnescape(aws.ToString(answer.Role.AssumeRolePolicyDocument))
	if err != nil {
		return observation{happened: "unreadable", err: err}
	}
	named := strings.Count(policy, "system:serviceaccount:")
	if named != 1 || !strings.Contains(policy, fmt.Sprintf("system:serviceaccount:%s:%s", researchRoom, tenancy.EditorServiceAccount)) {
		return observation{happened: fmt.Sprintf("%d accounts", named), err: errors.New(policy)}
	}
	return observation{happened: "one", holds: true}
}

func annotated(admin client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		account := &corev1.ServiceAccount{ObjectMeta: named(researchRoom, tenancy.EditorServiceAccount)}
		if err := admin.Get(ctx, client.ObjectKeyFromObject(account), account); err != nil {
			return observation{happened: inShort(err), err: err}
		}
		if role := account.Annotations["eks.amazonaws.com/role-arn"]; role != roleOf(researchRoom) {
			return observation{happened: "with " + role}
		}
		return observation{happened: "annotated", holds: true}
	}
}

// takeRole deletes the researchers' Profile and tries the role with a token that one of
// their pods got before: the token is good for hours, and the role must be lost at once.
func (c cloud) takeRole(admin client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		if err := c.assume(ctx, researchRoom, *c.kept); err != nil {
			return observation{happened: "refused before", err: err}
		}
		if err := admin.Delete(ctx, profileOf(researchRoom, "")); err != nil {
			return observation{happened: inShort(err), err: err}
		}
		var last error
		_ = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, revokedWithin, true, func(ctx context.Context) (bool, error) {
			last = c.assume(ctx, researchRoom, *c.kept)
			return last != nil, nil
		})
		return observeRefusal(last, "AccessDenied")
	}
}
