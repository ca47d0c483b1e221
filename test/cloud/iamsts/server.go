package iamsts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/kfprofiles/kfprofiles/test/cloud/endpoint"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Server is one account of AWS with its IAM and STS. All methods may be called at the
// same time.
type Server struct {
	options  Options
	account  *account
	recorder recorder
	orders   faults.Orders[Request]
	endpoint *endpoint.Endpoint
}

// Start starts an account that has one user, who may do everything, and nothing else.
func Start(o Options) (*Server, error) {
	o = o.withDefaults()
	e, err := endpoint.Listen(o.Address)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, account: newAccount(o), endpoint: e}
	e.Serve(s)
	return s, nil
}

// URL is the endpoint of both services, for AWS_ENDPOINT_URL or BaseEndpoint.
func (s *Server) URL() string { return s.endpoint.URL() }

// Config is the configuration of an SDK client that may do everything in the account.
func (s *Server) Config() aws.Config { return s.ConfigFor(s.Credentials()) }

// ConfigFor is the configuration of an SDK client with the credentials of one user.
func (s *Server) ConfigFor(c Credentials) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(s.URL()),
		Credentials:  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c.sdk(), nil }),
	}
}

// Environment is what a process needs for its SDK's default chain to find this account.
// The region has two names because the aws command of version 1 knows only the second.
func (s *Server) Environment() []string {
	c := s.Credentials()
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL(),
		"AWS_REGION=" + Region,
		"AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
	}
}

// Region is the one that configurations name. Requests for any other are answered as well.
const Region = "us-east-1"

// Close drops all connections and returns when nothing of the server runs any more.
func (s *Server) Close() error { return s.endpoint.Close() }
