package azureworkloadidentity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
)

// ManagedIdentities is the part of Azure Resource Manager that is used. Client has it.
// Errors are those of the SDK.
type ManagedIdentities interface {
	// Identity reads an identity.
	Identity(context.Context, ResourceID) (armmsi.Identity, error)
	// Credentials lists the federated identity credentials of an identity.
	Credentials(context.Context, ResourceID) ([]*armmsi.FederatedIdentityCredential, error)
	// PutCredential makes a credential, or replaces the one of that name.
	PutCredential(ctx context.Context, id ResourceID, name string, content armmsi.FederatedIdentityCredentialProperties) error
	// DeleteCredential deletes a credential. That it does not exist is no error.
	DeleteCredential(ctx context.Context, id ResourceID, name string) error
}

// Client talks to Azure Resource Manager. It sends each request once: to try again is for
// the queue, which knows what else is waiting.
type Client struct {
	credential azcore.TokenCredential
	options    arm.ClientOptions
}

// NewClient returns a client with the SDK's default chain of credentials, among them the
// environment that the webhook of azure-workload-identity sets, and Azure's instance
// metadata. Tokens are got when they are first needed, so this works outside of Azure as
// well.
func NewClient(e Environment) (*Client, error) {
	options, err := e.options()
	if err != nil {
		return nil, err
	}
	found, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		ClientOptions: options.credential, DisableInstanceDiscovery: options.private})
	if err != nil {
		return nil, fmt.Errorf("read the Azure credentials: %w", err)
	}
	return newClient(found, options.resourceManager), nil
}

func newClient(c azcore.TokenCredential, o arm.ClientOptions) *Client {
	o.Retry = policy.RetryOptions{MaxRetries: -1}
	// To register Microsoft.ManagedIdentity in a subscription, which the SDK would do, is for
	// whoever owns it.
	o.DisableRPRegistration = true
	return &Client{credential: namedCredential{c}, options: o}
}

// errNoToken tells that a request was not even sent.
var errNoToken = errors.New("no token for Azure Resource Manager")

// namedCredential marks the errors of getting tokens for good, which otherwise look like
// those of any request.
type namedCredential struct{ azcore.TokenCredential }

// GetToken gets a token.
func (c namedCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, o)
	if err != nil && !unavailable(err) {
		err = fmt.Errorf("%w: %w", errNoToken, err)
	}
	return token, err
}

// unavailable tells whether Microsoft Entra ID could not answer now, as far as the SDK says.
func unavailable(err error) bool {
	var failed *azidentity.AuthenticationFailedError
	return errors.As(err, &failed) && failed.RawResponse != nil &&
		(failed.RawResponse.StatusCode >= http.StatusInternalServerError || failed.RawResponse.StatusCode == http.StatusTooManyRequests)
}

// requestTimeout ends a request that Azure does not answer. Whether it was carried out is
// then found out by reading.
const requestTimeout = 30 * time.Second

// Identity reads an identity.
func (c *Client) Identity(ctx context.Context, id ResourceID) (armmsi.Identity, error) {
	identities, err := armmsi.NewUserAssignedIdentitiesClient(id.Subscription, c.credential, &c.options)
	if err != nil {
		return armmsi.Identity{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := identities.Get(ctx, id.Group, id.Name, nil)
	return answer.Identity, err
}

// mostPages bounds a list that would never end. Azure allows 20 credentials.
const mostPages = 50

// Credentials lists all pages.
func (c *Client) Credentials(ctx context.Context, id ResourceID) ([]*armmsi.FederatedIdentityCredential, error) {
	credentials, err := c.credentials(id)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var all []*armmsi.FederatedIdentityCredential
	pages := credentials.NewListPager(id.Group, id.Name, nil)
	for range mostPages {
		if !pages.More() {
			return all, nil
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
	}
	return nil, fmt.Errorf("the list of the federated identity credentials of %s does not end", id)
}

// PutCredential makes a credential, or replaces the one of that name.
func (c *Client) PutCredential(ctx context.Context, id ResourceID, name string, content armmsi.FederatedIdentityCredentialProperties) error {
	credentials, err := c.credentials(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err = credentials.CreateOrUpdate(ctx, id.Group, id.Name, name, armmsi.FederatedIdentityCredential{Properties: &content}, nil)
	return err
}

// DeleteCredential deletes a credential.
func (c *Client) DeleteCredential(ctx context.Context, id ResourceID, name string) error {
	credentials, err := c.credentials(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err = credentials.Delete(ctx, id.Group, id.Name, name, nil)
	return err
}

func (c *Client) credentials(id ResourceID) (*armmsi.FederatedIdentityCredentialsClient, error) {
	return armmsi.NewFederatedIdentityCredentialsClient(id.Subscription, c.credential, &c.options)
}
