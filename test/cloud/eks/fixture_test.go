package eks

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

const podsPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`

// cloud is an account with a cluster, and a client of the real SDK.
type cloud struct {
	*sdk.Client
	t       *testing.T
	account *iamsts.Server
	server  *Server
}

func start(t *testing.T, o Options) *cloud {
	t.Helper()
	account, err := iamsts.Start(iamsts.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Account = account
	server, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), account.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	server.AddCluster("prod", "https://oidc.example.com/id/prod")
	c := &cloud{t: t, account: account, server: server}
	c.Client = c.as(account.Credentials())
	return c
}

// as is a client with the credentials of a user that tries nothing again and leaves no
// connection behind.
func (c *cloud) as(credentials iamsts.Credentials) *sdk.Client {
	config := c.server.ConfigFor(credentials)
	transport := &http.Transport{}
	c.t.Cleanup(transport.CloseIdleConnections)
	config.HTTPClient = &http.Client{Transport: transport}
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return sdk.NewFromConfig(config)
}

func (c *cloud) role(name string) string { return c.account.AddRole(name, "/", podsPolicy, nil) }

// request is a creation with the least that it needs.
func request(namespace, account, role string) *sdk.CreatePodIdentityAssociationInput {
	return &sdk.CreatePodIdentityAssociationInput{ClusterName: aws.String("prod"), Namespace: &namespace, ServiceAccount: &account, RoleArn: &role}
}

// create makes an association and returns its ID.
func (c *cloud) create(namespace, account, role string) string {
	c.t.Helper()
	made, err := c.CreatePodIdentityAssociation(c.t.Context(), request(namespace, account, role))
	if err != nil {
		c.t.Fatal(err)
	}
	return *made.Association.AssociationId
}

// wantError fails unless the SDK knows the error by its type.
func wantError[E error](t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		var want E
		t.Errorf("got %v, want a %T", err, want)
	}
}
