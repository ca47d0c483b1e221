package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
)

// awsKind is the plugin that these tests are about.
const awsKind = "AwsIamForServiceAccount"

// stsAudience is the audience of tokens for STS.
const stsAudience = "sts.amazonaws.com"

// clusterIssuer is who issues the tokens of the control plane's service accounts.
var clusterIssuer string

// startAWS starts an account that trusts the control plane's tokens.
func startAWS() (*iamsts.Server, error) {
	keys, err := issuer.ThroughAPIServer(pg.Admin)
	if err != nil {
		return nil, err
	}
	if clusterIssuer, err = issuer.OfAPIServer(context.Background(), pg.Admin); err != nil {
		return nil, err
	}
	s, err := iamsts.Start(iamsts.Options{IssuerClient: keys})
	if err != nil {
		return nil, err
	}
	s.AddProvider(clusterIssuer, stsAudience)
	return s, nil
}

// issuerKey is how trust policies name the cluster's issuer.
func issuerKey() string { return strings.TrimPrefix(clusterIssuer, "https://") }

// guidePolicy is what common guides create: open to all service accounts of the cluster
// until the first Profile is added.
func guidePolicy() string {
	return fmt.Sprintf("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    %s\n  ]\n}", webIdentityStatement(""))
}

// webIdentityStatement lets the cluster's accounts in that meet further conditions, given
// in JSON with a comma in front.
func webIdentityStatement(conditions string) string {
	return fmt.Sprintf(`{"Effect": "Allow", "Principal": {"Federated": %q}, "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringEquals": {"%s:aud": "sts.amazonaws.com"%s}}}`, aws.ProviderARN(clusterIssuer), issuerKey(), conditions)
}

// role makes a role with a trust policy and returns its ARN.
func (f *fixture) role(name, policy string) string {
	f.t.Helper()
	return aws.AddRole(name, "/", policy, nil)
}

// assume tries to take a role with a real token of a service account, as a pod would.
func (f *fixture) assume(arn, namespace, account string) error {
	f.t.Helper()
	token, err := pg.Token(f.ctx, namespace, account, stsAudience)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.assumeWith(arn, token)
}

// assumeWith tries to take a role with a token.
func (f *fixture) assumeWith(arn, token string) error {
	_, err := sts.NewFromConfig(aws.Config()).AssumeRoleWithWebIdentity(f.ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: sdk.String(arn), RoleSessionName: sdk.String("test"), WebIdentityToken: sdk.String(token)})
	return err
}

// mustAssume fails the test when a service account cannot take a role.
func (f *fixture) mustAssume(arn, namespace, account string) {
	f.t.Helper()
	if err := f.assume(arn, namespace, account); err != nil {
		f.t.Errorf("%s of %s cannot assume %s: %v", account, namespace, arn, err)
	}
}

// mustNotAssume fails the test when a service account can take a role.
func (f *fixture) mustNotAssume(arn, namespace, account string) {
	f.t.Helper()
	if err := f.assume(arn, namespace, account); err == nil {
		f.t.Errorf("%s of %s can assume %s", account, namespace, arn)
	}
}

// AWS adds the plugin with a role and, in JSON, more settings.
func (b *ProfileBuilder) AWS(arn string, more ...string) *ProfileBuilder {
	return b.Plugin(awsKind, awsSpec(arn, more...))
}

func awsSpec(arn string, more ...string) string {
	return fmt.Sprintf(`{"awsIamRole":%q%s}`, arn, strings.Join(append([]string{""}, more...), ","))
}

// awaitIdentity waits until the identities are bound, and nothing else is recorded.
func (f *fixture) awaitIdentity(profile string, arns ...string) {
	f.t.Helper()
	f.awaitReady(profile)
	var bound []string
	for _, record := range f.profile(profile).Status.Identities {
		if record.Phase != profilev1.IdentityBound {
			f.t.Errorf("%s of %s is %s", record.Identity, profile, record.Phase)
		}
		bound = append(bound, record.Identity)
	}
	slices.Sort(bound)
	mustEqual(f.t, "bound identities", bound, slices.Sorted(slices.Values(arns)))
}
