package iamsts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Server is one account of AWS with its IAM and STS. All methods may be called at the
// same time.
type Server struct {
	options  Options
	account  *account
	recorder recorder
	faults   faults

	http     *http.Server
	address  string
	serving  chan struct{}
	serveErr error
	handling gate
	closing  context.Context
	close    context.CancelFunc
}

// Start starts an account that has one user, who may do everything, and nothing else.
func Start(o Options) (*Server, error) {
	o = o.withDefaults()
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for AWS clients: %w", err)
	}
	s := &Server{
		options: o,
		account: newAccount(o),
		address: listener.Addr().String(),
		serving: make(chan struct{}),
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.serving)
		s.serveErr = s.http.Serve(listener)
	}()
	return s, nil
}

// URL is the endpoint of both services, for AWS_ENDPOINT_URL or BaseEndpoint.
func (s *Server) URL() string { return "http://" + s.address }

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
func (s *Server) Close() error {
	s.close()
	err := s.http.Close()
	<-s.serving
	s.handling.shut()
	if !errors.Is(s.serveErr, http.ErrServerClosed) {
		err = errors.Join(err, s.serveErr)
	}
	return err
}
