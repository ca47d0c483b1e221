package eks

import (
	"cmp"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// Region is where all clusters are.
const Region = iamsts.Region

// Options say how the API behaves.
type Options struct {
	// Account has the users and the roles. It is required, and closed after the Server.
	Account *iamsts.Server
	// AssociationsPerCluster is the quota; the default is 5000 (EKS User Guide, "Service
	// quotas").
	AssociationsPerCluster int
	// Address to listen on; the default is a free port on 127.0.0.1.
	Address string
	// Now is the clock; the default is time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.AssociationsPerCluster = cmp.Or(o.AssociationsPerCluster, 5000)
	o.Address = cmp.Or(o.Address, "127.0.0.1:0")
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
