package main

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// newPlugins makes the plugins that this controller has. Another one is added here.
func newPlugins(config *rest.Config, o options, host plugin.Host, log logr.Logger) (identity.Registry, error) {
	api, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return identity.Registry{}, fmt.Errorf("set up the discovery of the token issuer: %w", err)
	}
	issuer := &identity.Issuer{API: api.RESTClient(), Override: o.issuer}
	aws, err := newAWS(o.aws, issuer, host, log.WithName("aws"))
	if err != nil {
		return identity.Registry{}, err
	}
	registry, err := identity.NewRegistry(aws)
	return registry.Expecting(o.defaultPlugins...), err
}

func newAWS(o awsirsa.Options, issuer *identity.Issuer, host plugin.Host, log logr.Logger) (*awsirsa.Plugin, error) {
	client, err := awsirsa.NewIAM(context.Background())
	if err != nil {
		return nil, err
	}
	o.IAM, o.Issuer, o.Host, o.Log = client, issuer.URL, host, log
	o.Observe = awsirsa.Observer(metrics.Registry)
	return awsirsa.New(o)
}
