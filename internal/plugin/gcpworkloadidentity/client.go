package gcpworkloadidentity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
)

// IAM is the part of Google's IAM that is used. *Client implements it.
type IAM interface {
	// Policy returns the allow policy of a service account in version 3, as JSON. resource is
	// projects/PROJECT/serviceAccounts/EMAIL.
	Policy(ctx context.Context, resource string) ([]byte, error)
	// SetPolicy replaces the policy that has the etag of this one, and returns the policy that
	// IAM has from then on.
	SetPolicy(ctx context.Context, resource string, policy []byte) ([]byte, error)
	// Project is the ID of the project that the caller's credentials belong to, or empty when
	// they belong to none.
	Project(ctx context.Context) (string, error)
}

// Client talks to IAM over REST with Google's libraries for credentials and for errors. It
// tries nothing again: that is for the queue, which knows what else is waiting.
//
// It does without the generated client google.golang.org/api/iam/v1, for two reasons. That
// client's types have the fields of the day on which it was generated, so a policy that is
// read into them and written again would lose all others; here policies are bytes. And it
// brings gRPC with it, although it does not use it, which makes the controller a good
// half larger, in memory too.
type Client struct {
	endpoint string
	// detect finds the credentials.
	detect func() (*auth.Credentials, error)
	http   http.Client

	mu    sync.Mutex
	found *auth.Credentials
}

// NewIAM returns a client with Google's Application Default Credentials. They are looked for
// when they are first needed, so this works outside of Google Cloud as well. endpoint is the
// URL of IAM where it is not the public one, for example that of a Private Service
// Connect endpoint, and otherwise empty.
func NewIAM(endpoint string) (*Client, error) {
	if err := CheckEndpoint(endpoint); err != nil {
		return nil, err
	}
	return &Client{endpoint: endpoint, detect: detectCredentials}, nil
}

// CheckEndpoint tells what is wrong with the URL of IAM. Empty is right.
func CheckEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	if u, err := url.Parse(endpoint); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return fmt.Errorf("%q is not the URL of an endpoint of IAM, such as https://iam.googleapis.com", endpoint)
	}
	return nil
}

// cloudPlatform is the scope that IAM's methods want.
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// detectCredentials looks where Google's libraries look: the environment, gcloud's file, the
// metadata server.
func detectCredentials() (*auth.Credentials, error) {
	return credentials.DetectDefault(&credentials.DetectOptions{Scopes: []string{cloudPlatform}})
}

// errNoCredentials tells that no credentials were found.
var errNoCredentials = errors.New("no Google credentials")

// credentials looks for credentials until there are some.
func (c *Client) credentials() (*auth.Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found != nil {
		return c.found, nil
	}
	found, err := c.detect()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	c.found = found
	return found, nil
}

// forget has credentials looked for anew, after Google did not accept those.
func (c *Client) forget(refused *auth.Credentials) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == refused {
		c.found = nil
	}
}

// Project is that of the credentials.
func (c *Client) Project(ctx context.Context) (string, error) {
	found, err := c.credentials()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return found.ProjectID(ctx)
}

// base is the URL of IAM, with a slash at its end. Where Google Cloud is run by somebody
// else, the credentials know under which domain.
func (c *Client) base(ctx context.Context, found *auth.Credentials) (string, error) {
	if c.endpoint != "" {
		return strings.TrimSuffix(c.endpoint, "/") + "/", nil
	}
	domain, err := found.UniverseDomain(ctx)
	return "https://iam." + domain + "/", err
}
