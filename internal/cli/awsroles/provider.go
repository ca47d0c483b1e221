package awsroles

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// FoundProvider is the OIDC provider of a cluster as an account has it.
type FoundProvider struct {
	// There is false when the account has none.
	There     bool
	audiences []string
}

// FindProvider looks for the provider in the account.
func FindProvider(ctx context.Context, client IAM, p trustpolicy.Provider) (FoundProvider, error) {
	answer, err := client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &p.ARN})
	if isNotFound(err) {
		return FoundProvider{}, nil
	}
	if err != nil {
		return FoundProvider{}, err
	}
	return FoundProvider{There: true, audiences: answer.ClientIDList}, nil
}

// Takes tells whether the provider takes tokens for an audience.
func (f FoundProvider) Takes(audience string) bool { return slices.Contains(f.audiences, audience) }

// ProviderStep has IAM take the tokens of a cluster's issuer for an audience. No thumbprint is
// given: IAM then gets that of the certificate itself (IAM API Reference,
// CreateOpenIDConnectProvider).
func ProviderStep(ctx context.Context, client IAM, p trustpolicy.Provider, audience string) (Step, error) {
	found, err := FindProvider(ctx, client, p)
	if err != nil {
		return Step{}, err
	}
	step := Step{What: "oidc-provider/" + p.Issuer}
	switch {
	case !found.There:
		step.Todo, step.Found = "created, for the audience "+audience, "there was none"
		step.Do = func(ctx context.Context) error {
			_, err := client.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
				Url: aws.String("https://" + p.Issuer), ClientIDList: []string{audience}})
			return err
		}
	case !found.Takes(audience):
		step.Todo, step.Found = "given the audience "+audience, "it took no tokens"
		if len(found.audiences) > 0 {
			step.Found = "it took " + strings.Join(found.audiences, ", ")
		}
		step.Do = func(ctx context.Context) error {
			_, err := client.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
				OpenIDConnectProviderArn: &p.ARN, ClientID: &audience})
			return err
		}
	default:
		step.Found = "takes the audience " + audience
	}
	return step, nil
}
