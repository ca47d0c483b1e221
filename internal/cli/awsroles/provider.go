package awsroles

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// ProviderStep has IAM take the tokens of a cluster's issuer for an audience. No thumbprint is
// given: IAM then gets that of the certificate itself (IAM API Reference,
// CreateOpenIDConnectProvider).
func ProviderStep(ctx context.Context, client IAM, p trustpolicy.Provider, audience string) (Step, error) {
	found, err := client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &p.ARN})
	if err != nil && !isNotFound(err) {
		return Step{}, err
	}
	step := Step{What: "oidc-provider/" + p.Issuer}
	switch {
	case err != nil:
		step.Todo = "created, for the audience " + audience
		step.Do = func(ctx context.Context) error {
			_, err := client.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
				Url: aws.String("https://" + p.Issuer), ClientIDList: []string{audience}})
			return err
		}
	case !slices.Contains(found.ClientIDList, audience):
		step.Todo = "given the audience " + audience
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
