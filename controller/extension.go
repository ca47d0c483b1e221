package controller

import (
	"context"
	"flag"
	"fmt"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/discovery"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Extension adds one identity plugin to a controller. The controller's own plugins are
// added in the same way.
type Extension struct {
	// Flags adds the plugin's flags to those of the controller. Begin their names with the
	// name of the cloud. May be nil.
	Flags func(*flag.FlagSet)
	// Check tells what is wrong with the values of the flags, by the flag's name. The
	// controller then does not start. May be nil.
	Check func() error
	// New makes the plugin, after Check. It must not call its cloud: a controller starts also
	// while a cloud is away.
	New func(Environment) (plugin.Plugin, error)
}

// Environment is what a plugin is made with.
type Environment struct {
	// Host is the controller, for plugins that work in the background.
	Host plugin.Host
	// Issuer returns the URL of the issuer of the cluster's service account tokens, as clouds
	// know it.
	Issuer func(context.Context) (string, error)
	// Annotations returns those of a service account, from a cache where possible, and nil
	// for one that does not exist. It may be called once the controller works.
	Annotations func(ctx context.Context, namespace, account string) (map[string]string, error)
	// Log gets what is worth knowing and belongs to no Profile's status.
	Log logr.Logger
	// Metrics are served with those of the controller.
	Metrics prometheus.Registerer
}

// newPlugins makes the plugins of a controller.
func newPlugins(mgr ctrl.Manager, o options, host plugin.Host) (identity.Registry, error) {
	api, err := discovery.NewDiscoveryClientForConfig(mgr.GetConfig())
	if err != nil {
		return identity.Registry{}, fmt.Errorf("set up the discovery of the token issuer: %w", err)
	}
	issuer := &identity.Issuer{API: api.RESTClient(), Override: o.issuer}
	var plugins []plugin.Plugin
	for _, extension := range o.extensions {
		made, err := extension.New(Environment{Host: host, Issuer: issuer.URL, Annotations: annotations(mgr.GetClient(), mgr.GetAPIReader()),
			Log: mgr.GetLogger().WithName("identity"), Metrics: metrics.Registry})
		if err != nil {
			return identity.Registry{}, fmt.Errorf("set up an identity plugin: %w", err)
		}
		plugins = append(plugins, made)
	}
	return identity.NewRegistry(plugins...)
}

// annotations reads those of service accounts. The cache holds those that the controller
// keeps; one that somebody else made is read from the API server.
func annotations(cached, live client.Reader) func(context.Context, string, string) (map[string]string, error) {
	return func(ctx context.Context, namespace, account string) (map[string]string, error) {
		var found corev1.ServiceAccount
		key := client.ObjectKey{Namespace: namespace, Name: account}
		err := cached.Get(ctx, key, &found)
		if apierrors.IsNotFound(err) {
			err = live.Get(ctx, key, &found)
		}
		if err != nil {
			return nil, client.IgnoreNotFound(err)
		}
		return found.Annotations, nil
	}
}
