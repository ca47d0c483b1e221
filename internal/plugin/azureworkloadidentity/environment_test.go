package azureworkloadidentity

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/google/go-cmp/cmp"
)

func clientEndpoint(url string) cloud.ServiceConfiguration {
	return cloud.ServiceConfiguration{Endpoint: url, Audience: url}
}

func TestWhereTokensAndRequestsGo(t *testing.T) {
	tests := map[string]struct {
		environment       Environment
		authority         string
		endpoint, forWhom string
		private           bool
	}{
		"by default": {Environment{}, "", "", "", false},
		"public":     {Environment{Cloud: "AzureCloud"}, "https://login.microsoftonline.com/", "https://management.azure.com", "https://management.core.windows.net/", false},
		"China":      {Environment{Cloud: "AzureChinaCloud"}, "https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn/", false},
		"government": {Environment{Cloud: "AzureUSGovernment"}, "https://login.microsoftonline.us/", "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/", false},
		"of its own": {Environment{ResourceManagerEndpoint: "https://management.local/"}, "", "https://management.local", "https://management.local", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o, err := test.environment.options()
			if err != nil {
				t.Fatal(err)
			}
			manager := o.resourceManager.Cloud.Services[cloud.ResourceManager]
			got := []string{o.credential.Cloud.ActiveDirectoryAuthorityHost, manager.Endpoint, manager.Audience}
			if diff := cmp.Diff([]string{test.authority, test.endpoint, test.forWhom}, got); diff != "" || o.private != test.private {
				t.Errorf("private %t (-want +got):\n%s", o.private, diff)
			}
		})
	}
	if cloud.AzurePublic.Services[cloud.ResourceManager].Endpoint != "https://management.azure.com" {
		t.Error("the SDK's own configuration was changed")
	}
}

func TestWhichCloudsAndEndpointsThereAre(t *testing.T) {
	for _, name := range []string{"", "AzureCloud", "AzureChinaCloud", "AzureUSGovernment"} {
		if err := CheckCloud(name); err != nil {
			t.Error(err)
		}
	}
	for _, url := range []string{"", "https://management.azure.com", "https://management.local:8443/"} {
		if err := CheckResourceManagerEndpoint(url); err != nil {
			t.Error(err)
		}
	}
	for _, url := range []string{"http://management.azure.com", "management.azure.com", "https://", "https://a/b", "https://u:p@a", "https://a?x=y", "https://a#x", "https://a b"} {
		if CheckResourceManagerEndpoint(url) == nil {
			t.Errorf("%q is taken", url)
		}
		if _, err := NewClient(Environment{ResourceManagerEndpoint: url}); err == nil {
			t.Errorf("a client of %q is made", url)
		}
	}
	if CheckCloud("azurecloud") == nil {
		t.Error("a name in another case is taken")
	}
	if _, err := NewClient(Environment{Cloud: "Azure"}); err == nil {
		t.Error("a client of a cloud that is not known is made")
	}
}

// A controller that nobody gave an Azure identity has to start all the same.
func TestAClientIsMadeOutsideOfAzure(t *testing.T) {
	for _, name := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TOKEN_CREDENTIALS"} {
		t.Setenv(name, "")
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "prod")
	if _, err := NewClient(Environment{}); err != nil {
		t.Error(err)
	}
}

func TestAudiencesOfTokens(t *testing.T) {
	for _, audience := range []string{"", DefaultAudience, "api://AzureADTokenExchangeChina"} {
		if err := CheckAudience(audience); err != nil {
			t.Error(err)
		}
	}
	for _, audience := range []string{"*", "api://*", " api://x", "api://x\n"} {
		if CheckAudience(audience) == nil {
			t.Errorf("%q is taken", audience)
		}
		if _, err := New(Options{Audience: audience}); err == nil {
			t.Errorf("a plugin with %q is made", audience)
		}
	}
}
