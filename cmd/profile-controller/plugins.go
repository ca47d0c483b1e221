package main

import (
	"context"
	"fmt"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/go-logr/logr"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kfprofiles/kfprofiles/internal/plugin"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
)

// newPlugins makes the plugins that this controller has. Another one is added here.
func newPlugins(config *rest.Config, o options, host plugin.Host, log logr.Logger) (plugin.Registry, error) {
	api, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return plugin.Registry{}, fmt.Errorf("set up the discovery of the token issuer: %w", err)
	}
	issuer := &plugin.Issuer{API: api.RESTClient(), Override: o.issuer}
	aws, err := newAWS(o.aws, issuer, host, log.WithName("aws"))
	if err != nil {
		return plugin.Registry{}, err
	}
	registry, err := plugin.NewRegistry(aws)
	return registry.Expecting(o.defaultPlugins...), err
}

// newAWS reads the SDK's configuration. Credentials are got when they are first needed, so
// a controller outside of AWS starts as well.
func newAWS(o awsirsa.Options, issuer *plugin.Issuer, host plugin.Host, log logr.Logger) (*awsirsa.Plugin, error) {
	config, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	o.IAM, o.Issuer, o.Host, o.Log = awsirsa.NewIAM(config), issuer.URL, host, log
	o.Observe = awsirsa.Observer(metrics.Registry)
	return awsirsa.New(o)
}
