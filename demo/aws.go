package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// Names in examples/aws. Each room has the role of its own name, below rolesPath.
const (
	researchRoom = "research"
	billingRoom  = "billing"
	rolesPath    = "profiles/"
)

const (
	accountID   = "123456789012"
	stsAudience = "sts.amazonaws.com"
)

func roleOf(room string) string { return "arn:aws:iam::" + accountID + ":role/" + rolesPath + room }

// consistentAWS tells the controller that the double of AWS shows changes at once, so that
// nobody has to wait for that after the start.
var consistentAWS = []string{"-aws-start-delay=0s"}

// startAWS starts a double of AWS IAM and STS with the roles that the examples name.
func startAWS(ctx context.Context, plane *playground.Playground, o playground.AWSOptions, p *progress) (*playground.AWS, error) {
	p.say("starting a double of AWS IAM and STS with the roles %s and %s", researchRoom, billingRoom)
	o.Roles = []string{rolesPath + researchRoom, rolesPath + billingRoom}
	return plane.StartAWS(ctx, o)
}

// cloud is AWS as the claims see it.
type cloud struct {
	plane *playground.Playground
	iam   *iam.Client
	sts   *sts.Client
	// kept is a token that a pod in the researchers' room got before the room's end.
	kept *string
}

func openCloud(ctx context.Context, plane *playground.Playground, environment []string) (cloud, error) {
	variables := map[string]string{}
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(variables["AWS_REGION"]), config.WithBaseEndpoint(variables["AWS_ENDPOINT_URL"]),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], "")))
	if err != nil {
		return cloud{}, err
	}
	return cloud{plane: plane, iam: iam.NewFromConfig(found), sts: sts.NewFromConfig(found), kept: new(string)}, nil
}

// assume takes a role with a token, as the SDK in a pod does.
func (c cloud) assume(ctx context.Context, room, token string) error {
	_, err := c.sts.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(roleOf(room)), RoleSessionName: aws.String("demo"), WebIdentityToken: aws.String(token)})
	return err
}

// asPod takes a role with a fresh token of an account, issued by the API server.
func (c cloud) asPod(room, namespace, account, audience string) action {
	return func(ctx context.Context) error {
		token, err := c.plane.Token(ctx, namespace, account, audience)
		if err != nil {
			return err
		}
		if namespace == researchRoom && account == tenancy.EditorServiceAccount && audience == stsAudience {
			*c.kept = token
		}
		return c.assume(ctx, room, token)
	}
}

// codeOf is AWS's word for an error.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// revokedWithin is how long a permission may take to be gone when its plugin is. IAM's
// queue takes a fraction of a second.
const revokedWithin = 20 * time.Second
