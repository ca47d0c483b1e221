package iamsts

import (
	"cmp"
	"net/http"
	"time"
)

// Options say how an account behaves. The zero value is ready to use.
type Options struct {
	// AccountID has 12 digits; the default is 123456789012.
	AccountID string
	// Partition is aws if not given.
	Partition string
	// IssuerClient fetches <issuer>/.well-known/openid-configuration and the keys it names.
	// The default is a client that trusts what this machine trusts.
	IssuerClient *http.Client
	// TrustPolicySizeLimit is the quota ACLSizePerRole; the default is 2048.
	TrustPolicySizeLimit int
	// Address to listen on; the default is a free port on 127.0.0.1.
	Address string
	// Now is the clock; the default is time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.AccountID = cmp.Or(o.AccountID, "123456789012")
	o.Partition = cmp.Or(o.Partition, "aws")
	o.TrustPolicySizeLimit = cmp.Or(o.TrustPolicySizeLimit, 2048)
	o.Address = cmp.Or(o.Address, "127.0.0.1:0")
	if o.IssuerClient == nil {
		o.IssuerClient = &http.Client{Timeout: 10 * time.Second}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
