// Package awsclient is what the plugins for AWS have in common as users of its SDK: how their
// clients are configured, and how errors are read and counted.
package awsclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// LoadConfig reads the SDK's default chain of configuration and credentials. Credentials are
// got when they are first needed, so this works outside of AWS as well.
func LoadConfig(ctx context.Context) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return c, nil
}

// Prepare returns the configuration for a client of a plugin. Such a client tries nothing
// again: that is for the plugin or the controller, which know what else is waiting. And its
// errors of getting credentials are ErrNoCredentials.
func Prepare(c aws.Config) aws.Config {
	c.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	if c.Credentials != nil {
		c.Credentials = namedCredentials{c.Credentials}
	}
	return c
}

// ErrNoCredentials tells that a request was not even sent.
var ErrNoCredentials = errors.New("no AWS credentials")

// namedCredentials marks the errors of getting credentials, which otherwise look like
// those of any request.
type namedCredentials struct{ aws.CredentialsProvider }

// Retrieve gets the credentials.
func (c namedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return credentials, fmt.Errorf("%w: %w", ErrNoCredentials, err)
	}
	return credentials, nil
}
