package azuremsi

import (
	"cmp"
	"context"
	"encoding/pem"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// Options say how the double behaves. The zero value is ready to use.
type Options struct {
	// CredentialLimit is how many federated identity credentials an identity can have; the
	// default is Azure's, 20.
	CredentialLimit int
	// PageSize is how many of them are listed at once; the default is 100.
	PageSize int
	// TLS serves https with the certificate of net/http/httptest, see Certificate.
	TLS bool
}

// Server is one subscription of Azure. All methods may be called at the same time.
type Server struct {
	options  Options
	http     *httptest.Server
	recorder recorder
	orders   faults.Orders[Request]

	mu         sync.Mutex
	groups     map[string]bool
	identities map[string]*identity
	principals map[string]principal
	// histories outlive the identities.
	histories map[string][][]Credential
	// made and answered give identities and errors their numbers.
	made, answered int
	retryAfter     int
	hold           *held
}

// Start starts a subscription with the resource group Group and nothing in it.
func Start(o Options) *Server {
	o.CredentialLimit = cmp.Or(o.CredentialLimit, 20)
	o.PageSize = cmp.Or(o.PageSize, 100)
	s := &Server{options: o, groups: map[string]bool{key(Group): true}, identities: map[string]*identity{}, histories: map[string][][]Credential{},
		principals: map[string]principal{Token: {actions: []string{"*"}}}}
	s.http = httptest.NewUnstartedServer(s)
	if o.TLS {
		s.http.StartTLS()
	} else {
		s.http.Start()
	}
	return s
}

// URL is the endpoint of Resource Manager.
func (s *Server) URL() string { return s.http.URL }

// Certificate is what a client has to trust when Options.TLS was set, in PEM.
func (s *Server) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
}

// Close returns when nothing of the server runs any more.
func (s *Server) Close() { s.http.Close() }

// ClientOptions are those of an SDK client of this subscription, which sends each request
// once. The transport is the caller's to choose.
func (s *Server) ClientOptions() *arm.ClientOptions {
	return &arm.ClientOptions{DisableRPRegistration: true, ClientOptions: policy.ClientOptions{
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: s.URL(), Audience: s.URL()}}},
		InsecureAllowCredentialWithHTTP: !s.options.TLS,
		Retry:                           policy.RetryOptions{MaxRetries: -1},
	}}
}

// Credential is that of a caller who may do everything.
func (s *Server) Credential() azcore.TokenCredential { return staticToken(Token) }

// staticToken is a credential that is valid for an hour from whenever it is asked for.
type staticToken string

// GetToken returns the token.
func (t staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
