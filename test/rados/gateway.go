package rados

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// DefaultAccount is the account of the roles unless Options say otherwise; it is the one in
// AWS's own examples.
const DefaultAccount = "123456789012"

// Region is what clients give as theirs. The gateway has no regions; a bucket made
// with this one names no location, which the gateway accepts.
const Region = "us-east-1"

// IssuerPatience is how long the gateway waits for the keys of an issuer. Once in a great
// while it does not see the answer; a token that it refuses after this long was not judged.
const IssuerPatience = 5 * time.Second

const (
	monitorName = "a"
	storeNumber = "0"
	gatewayName = "client.rgw"
	// sessionKey encrypts session tokens and has to have 16 characters.
	sessionKey = "0123456789abcdef"
	// startLimit is far longer than a start takes, so that it fails on no busy machine.
	startLimit = 2 * time.Minute
)

// Options say how to start a gateway.
type Options struct {
	// Account is the account that roles, providers and buckets belong to.
	Account string
	// Progress gets short lines about what is going on. May be nil.
	Progress io.Writer
}

// Gateway is a running RADOS Gateway.
type Gateway struct {
	// Endpoint is the base URL of IAM, STS and S3, which share it.
	Endpoint string
	// Account is the account that roles belong to.
	Account string
	// AccessKey and SecretKey are credentials of an administrator, who may do everything
	// with roles and OIDC providers.
	AccessKey, SecretKey string

	layout    layout
	programs  map[string]string
	daemons   []*daemon
	temporary bool
	progress  io.Writer
}

// Start starts a gateway and returns when it can be used. Its state is in folder, which
// has to be empty; without a name it is a temporary one that Close removes.
func Start(ctx context.Context, folder string, o Options) (*Gateway, error) {
	programs, err := findPrograms(findProgram)
	if err != nil {
		return nil, err
	}
	g := &Gateway{Account: o.Account, programs: programs, progress: o.Progress, temporary: folder == ""}
	if g.Account == "" {
		g.Account = DefaultAccount
	}
	if g.temporary {
		if folder, err = os.MkdirTemp("", "rados-"); err != nil {
			return nil, err
		}
	}
	g.layout = layout{folder: folder, cluster: string(uuid.NewUUID()), store: string(uuid.NewUUID())}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := g.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start the RADOS Gateway: %w", err), g.Close())
	}
	return g, nil
}

func (g *Gateway) start(ctx context.Context) error {
	began := time.Now()
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"starting Ceph's monitor", g.startMonitor},
		{"starting an object store in memory", g.startStore},
		{"creating an administrator of account " + g.Account, g.createAdministrator},
		{"starting the gateway", g.startGateway},
	} {
		g.say("%s", step.what)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	g.say("IAM, STS and S3 are served at %s after %.0f s", g.Endpoint, time.Since(began).Seconds())
	return nil
}

func (g *Gateway) say(format string, details ...any) {
	if g.progress != nil {
		fmt.Fprintf(g.progress, "rados: "+format+"\n", details...)
	}
}

// Environment is what a program with the SDK's default settings needs to work with this
// gateway as its administrator.
func (g *Gateway) Environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL":          g.Endpoint,
		"AWS_REGION":                Region,
		"AWS_ACCESS_KEY_ID":         g.AccessKey,
		"AWS_SECRET_ACCESS_KEY":     g.SecretKey,
		"AWS_EC2_METADATA_DISABLED": "true",
	}
}

// PIDs returns the process IDs of the parts that run.
func (g *Gateway) PIDs() []int {
	var pids []int
	for _, d := range g.daemons {
		if !d.hasEnded() {
			pids = append(pids, d.pid)
		}
	}
	return pids
}

// Close ends all parts and removes a temporary folder. They are killed, since what they
// keep is not worth saving. It may be called several times.
func (g *Gateway) Close() error {
	for _, d := range g.daemons {
		d.kill()
	}
	for _, d := range g.daemons {
		<-d.ended
	}
	if g.temporary {
		return os.RemoveAll(g.layout.folder)
	}
	return nil
}
