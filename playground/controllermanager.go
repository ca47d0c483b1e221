package main

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
)

// controllers are those that matter to namespaces and to access. All others would
// wait for pods and nodes that never come. The garbage collector is not among them
// because the playground runs it itself, see garbageCollector.
var controllers = []string{
	names.NamespaceController,
	names.ServiceAccountController,
	names.ServiceAccountTokenController,
	names.ResourceQuotaController,
	names.ClusterRoleAggregationController,
	names.RootCACertificatePublisherController,
}

// startControllerManager runs kube-controller-manager. The API server must be ready:
// the manager ends at once when the bootstrap roles are missing.
func startControllerManager(ctx context.Context, f folder, c *certificates, onFailure context.CancelCauseFunc) (*component, error) {
	opts, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, fmt.Errorf("prepare the options of kube-controller-manager: %w", err)
	}
	known, disabled, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
	groups := opts.Flags(known, disabled, aliases)
	if err := parseFlags("kube-controller-manager", groups.FlagSets, controllerManagerFlags(f, c)); err != nil {
		return nil, err
	}
	config, err := opts.Config(context.WithoutCancel(ctx), known, disabled, aliases)
	if err != nil {
		return nil, fmt.Errorf("the options of kube-controller-manager are not valid: %w", err)
	}
	return startComponent("kube-controller-manager", func(ctx context.Context) error {
		return app.Run(ctx, config.Complete())
	}, onFailure), nil
}

// controllerManagerFlags is the command line of kube-controller-manager.
func controllerManagerFlags(f folder, c *certificates) []string {
	return []string{
		"--kubeconfig=" + f.kubeconfig(),
		"--controllers=" + strings.Join(controllers, ","),
		"--service-account-private-key-file=" + c.signingKeyFile,
		"--root-ca-file=" + c.caFile,
		"--use-service-account-credentials=false",
		"--leader-elect=false",
		// Nobody asks this manager for its health: it lives and dies with its process.
		"--secure-port=0",
		"--profiling=false",

		// Emptying one namespace takes a request for each kind of resource. With the
		// default of 20 a second, removing many namespaces would take minutes.
		"--kube-api-qps=5000",
		"--kube-api-burst=10000",
		"--concurrent-namespace-syncs=20",
		"--concurrent-resource-quota-syncs=20",
		"--concurrent-serviceaccount-token-syncs=10",
	}
}
