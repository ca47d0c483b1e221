package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// serviceRange is where Services get their addresses from, and serviceIP the first
// of them, which belongs to the Service "kubernetes". Nothing routes them here.
const serviceRange = "10.96.0.0/16"

var serviceIP = net.IPv4(10, 96, 0, 1)

// auditPolicy records who did what and how it ended, once for each request.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`

// apiServerInputs is what the API server needs from the other parts.
type apiServerInputs struct {
	folder       folder
	settings     settings
	certificates *certificates
	etcdAddress  string
	listener     *net.TCPListener
}

// startAPIServer runs kube-apiserver. It returns when the server has been set up;
// answering requests takes it a few seconds more.
//
// The options are filled from command-line flags because flags are the interface
// that Kubernetes documents and keeps stable, unlike the fields behind them. The
// cobra command around them is left out: it takes over the signals of the process,
// and they belong to main, which stops the parts in order.
func startAPIServer(ctx context.Context, in apiServerInputs, onFailure context.CancelCauseFunc) (*component, error) {
	flags, err := apiServerFlags(in)
	if err != nil {
		return nil, err
	}
	opts := options.NewServerRunOptions()
	if err := parseFlags("kube-apiserver", opts.Flags().FlagSets, flags); err != nil {
		return nil, err
	}
	if err := opts.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, fmt.Errorf("set the feature gates of kube-apiserver: %w", err)
	}
	opts.SecureServing.Listener = in.listener
	// The server watches its own deprecated APIs; the warnings are for other clients.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})

	completed, err := opts.Complete(ctx)
	if err != nil {
		return nil, fmt.Errorf("complete the options of kube-apiserver: %w", err)
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return nil, fmt.Errorf("the options of kube-apiserver are not valid: %w", utilerrors.NewAggregate(errs))
	}
	return startComponent("kube-apiserver", func(ctx context.Context) error {
		return app.Run(ctx, completed)
	}, onFailure), nil
}

// apiServerFlags is the command line of kube-apiserver, group by group.
func apiServerFlags(in apiServerInputs) ([]string, error) {
	flags := []string{
		"--etcd-servers=" + in.etcdAddress,
		"--etcd-count-metric-poll-period=0",

		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--external-hostname=127.0.0.1",
		"--secure-port=" + fmt.Sprint(portOf(in.listener)),
		"--tls-cert-file=" + in.certificates.servingCertFile,
		"--tls-private-key-file=" + in.certificates.servingKeyFile,

		"--client-ca-file=" + in.certificates.caFile,
		"--authorization-mode=RBAC",
		"--allow-privileged=true",

		"--service-account-issuer=" + in.settings.serviceAccountIssuer,
		"--service-account-signing-key-file=" + in.certificates.signingKeyFile,
		"--service-account-key-file=" + in.certificates.signingPubFile,

		"--service-cluster-ip-range=" + serviceRange,
		// An endpoint must not be a loopback address, and there is no other.
		"--endpoint-reconciler-type=none",

		// The server must never be what limits a measurement. Fair queuing is for
		// tenants that share a server; here it would only delay one busy client.
		"--enable-priority-and-fairness=false",
		"--max-requests-inflight=3000",
		"--max-mutating-requests-inflight=1000",
		"--profiling=false",

		// A client that watches would hold up a stop for a minute. This way its watch is
		// ended, and what is still open two seconds later is cut off.
		"--shutdown-send-retry-after=true",
		"--shutdown-watch-termination-grace-period=1s",
	}
	if !in.settings.auditLog {
		return flags, nil
	}
	if err := os.WriteFile(in.folder.auditPolicy(), []byte(auditPolicy), 0o600); err != nil {
		return nil, fmt.Errorf("write the audit policy: %w", err)
	}
	return append(flags,
		"--audit-policy-file="+in.folder.auditPolicy(),
		"--audit-log-path="+in.folder.auditLog(),
		"--audit-log-format=json",
		// A reader counts requests in this one file, so it must not be rotated away.
		"--audit-log-maxsize=0",
	), nil
}

// parseFlags gives a component its command line.
func parseFlags(name string, groups map[string]*pflag.FlagSet, args []string) error {
	all := pflag.NewFlagSet(name, pflag.ContinueOnError)
	for _, group := range groups {
		all.AddFlagSet(group)
	}
	if err := all.Parse(args); err != nil {
		return fmt.Errorf("set the flags of %s: %w", name, err)
	}
	return nil
}
