package azureworkloadidentity

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Environment says which Azure is talked to.
type Environment struct {
	// Cloud is the name of one of Microsoft's clouds as the az command has it, see
	// CheckCloud. Empty means AzureCloud, the public one, with tokens from
	// AZURE_AUTHORITY_HOST where that is set.
	Cloud string
	// ResourceManagerEndpoint is the https URL of the Resource Manager of another cloud. Its
	// tokens come from AZURE_AUTHORITY_HOST. Empty means that of Cloud.
	ResourceManagerEndpoint string
}

// clouds are those that the SDK knows, by the names that az cloud list has for them.
var clouds = map[string]cloud.Configuration{
	"AzureCloud": cloud.AzurePublic, "AzureChinaCloud": cloud.AzureChina, "AzureUSGovernment": cloud.AzureGovernment}

// CheckCloud tells what is wrong with the name of a cloud.
func CheckCloud(name string) error {
	if _, known := clouds[name]; !known && name != "" {
		return fmt.Errorf("%q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(clouds)), ", "))
	}
	return nil
}

// CheckResourceManagerEndpoint tells what is wrong with the URL of a Resource Manager.
// Tokens are sent there, so it must be https.
func CheckResourceManagerEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case endpoint == "":
		return nil
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return fmt.Errorf("%q is not an https URL of a host, such as https://management.azure.com", endpoint)
	}
	return nil
}

// sdkOptions are an Environment in the SDK's words.
type sdkOptions struct {
	credential      policy.ClientOptions
	resourceManager arm.ClientOptions
	// private is true for a cloud of which Microsoft's public one knows nothing, so that it
	// must not be asked about its token endpoint.
	private bool
}

func (e Environment) options() (sdkOptions, error) {
	var o sdkOptions
	if err := CheckCloud(e.Cloud); err != nil {
		return o, err
	}
	if err := CheckResourceManagerEndpoint(e.ResourceManagerEndpoint); err != nil {
		return o, err
	}
	// Without a cloud the SDK takes the public one, and for tokens AZURE_AUTHORITY_HOST.
	o.credential.Cloud = clouds[e.Cloud]
	o.resourceManager.Cloud = clouds[e.Cloud]
	if endpoint := strings.TrimRight(e.ResourceManagerEndpoint, "/"); endpoint != "" {
		o.private = true
		o.resourceManager.Cloud.Services = map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: endpoint, Audience: endpoint}}
	}
	return o, nil
}
