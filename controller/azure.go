package controller

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/azureworkloadidentity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// azure is the plugin AzureWorkloadIdentity. Credentials come from the SDK's own sources:
// environment, workload identity, managed identity.
func azure(o *azureworkloadidentity.Options) Extension {
	var where azureworkloadidentity.Environment
	return Extension{
		Flags: func(flags *flag.FlagSet) {
			azureFlags(flags, o)
			flags.StringVar(&where.Cloud, "azure-cloud", "",
				"Which of Microsoft's clouds: AzureCloud, AzureChinaCloud or AzureUSGovernment. By default the public one.")
			flags.StringVar(&where.ResourceManagerEndpoint, "azure-resource-manager-endpoint", "",
				"https URL of the Resource Manager of another cloud. Tokens for it come from AZURE_AUTHORITY_HOST.")
		},
		Check: func() error { return errors.Join(checkAzureEnvironment(where), checkAzure(*o)) },
		New: func(e Environment) (plugin.Plugin, error) {
			client, err := azureworkloadidentity.NewClient(where)
			if err != nil {
				return nil, err
			}
			o.API, o.Issuer, o.Host, o.Log = client, e.Issuer, e.Host, e.Log.WithName("azure")
			o.Observe = azureworkloadidentity.Observer(e.Metrics)
			return azureworkloadidentity.New(*o)
		},
	}
}

func azureFlags(flags *flag.FlagSet, o *azureworkloadidentity.Options) {
	o.Timing = azureworkloadidentity.DefaultTiming()
	flags.BoolVar(&o.RequireIdentityTag, "azure-require-identity-tag", false,
		"Use only managed identities that have the tag "+azureworkloadidentity.TagName+" with the Profile's name or '*'. Set this where people who may write Profiles must not have every identity that the controller may edit.")
	flags.StringVar(&o.Audience, "azure-token-audience", azureworkloadidentity.DefaultAudience,
		"Audience of the tokens that pods present to Microsoft Entra ID.")
	flags.IntVar(&o.CredentialLimit, "azure-federated-credential-limit", azureworkloadidentity.DefaultCredentialLimit,
		"How many federated identity credentials Azure allows a managed identity.")
	flags.Float64Var(&o.RequestsPerSecond, "azure-requests-per-second", azureworkloadidentity.DefaultRequestsPerSecond,
		"How many requests a second Azure's Resource Manager gets at most. It is halved by itself while Azure throttles.")
	flags.DurationVar(&o.Timing.Drift, "azure-drift-check-interval", o.Timing.Drift,
		"How often each managed identity is read to see whether somebody changed or deleted a federated identity credential.")
}

func checkAzure(o azureworkloadidentity.Options) error {
	switch {
	case o.CredentialLimit < 1:
		return errors.New("-azure-federated-credential-limit must be a number of credentials, such as 20")
	case o.RequestsPerSecond <= 0:
		return errors.New("-azure-requests-per-second must be more than 0")
	case o.Timing.Drift < time.Second:
		return errors.New("-azure-drift-check-interval must be at least 1s")
	}
	if err := azureworkloadidentity.CheckAudience(o.Audience); err != nil {
		return fmt.Errorf("-azure-token-audience: %w", err)
	}
	return nil
}

func checkAzureEnvironment(where azureworkloadidentity.Environment) error {
	if err := azureworkloadidentity.CheckCloud(where.Cloud); err != nil {
		return fmt.Errorf("-azure-cloud: %w", err)
	}
	if err := azureworkloadidentity.CheckResourceManagerEndpoint(where.ResourceManagerEndpoint); err != nil {
		return fmt.Errorf("-azure-resource-manager-endpoint: %w", err)
	}
	return nil
}
