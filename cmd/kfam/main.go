// Command kfam serves the access-management API: who shares which Profile with whom.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/kfam"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

func main() {
	o, err := parseOptions(os.Args[1:], os.Stderr, os.Getenv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "kfam:", err)
		os.Exit(2)
	}
	// Stack traces are kept for panics: for an ordinary error they say nothing that helps.
	logger := zap.New(zap.StacktraceLevel(zapcore.PanicLevel))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	if err := run(o, logger); err != nil {
		logger.Error(err, "the access API stopped")
		os.Exit(1)
	}
}

// run serves until the process is asked to stop.
func run(o options, log logr.Logger) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w; set KUBECONFIG, or run inside a cluster", err)
	}
	config.UserAgent, config.QPS = "kfam", -1
	config.WarningHandlerWithContext = rest.NoWarnings{}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, profilev1.AddToScheme, istiov1beta1.AddToScheme} {
		if err := add(scheme); err != nil {
			return fmt.Errorf("register types: %w", err)
		}
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{Scheme: scheme, Cache: access.CacheOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0"})
	if err != nil {
		return fmt.Errorf("set up the manager: %w", err)
	}
	asked := ctrl.SetupSignalHandler()
	ctx := outlasting(asked, o.shutdownDelay)
	server, keeper, err := newServer(ctx, mgr, o, log)
	if err != nil {
		return err
	}
	server.Stopping = func() bool { return asked.Err() != nil }
	for _, runnable := range []everywhere{
		func(ctx context.Context) error { return serve(ctx, o.address, server.HTTP(), log) },
		func(ctx context.Context) error {
			return sweep(ctx, keeper, o.sweepInterval, server.Metrics.Swept, log)
		},
	} {
		if err := mgr.Add(runnable); err != nil {
			return fmt.Errorf("set up the manager: %w", err)
		}
	}
	return mgr.Start(ctx)
}

func newServer(ctx context.Context, mgr ctrl.Manager, o options, log logr.Logger) (*kfam.Server, *access.Keeper, error) {
	if o.tokenReviews {
		reviews, err := authenticationclient.NewForConfig(mgr.GetConfig())
		if err != nil {
			return nil, nil, fmt.Errorf("set up token reviews: %w", err)
		}
		o.callers.TokenReviews = &caller.TokenReviewOptions{Reviewer: reviews.TokenReviews(), Audiences: o.serviceAccountAudiences}
	}
	callers, err := caller.New(o.callers)
	if err != nil {
		return nil, nil, err
	}
	for _, warning := range callers.Warnings() {
		log.Info("warning: " + warning)
	}
	live, err := client.New(mgr.GetConfig(), client.Options{Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient()})
	if err != nil {
		return nil, nil, fmt.Errorf("set up the client: %w", err)
	}
	index := access.NewIndex(o.rules.Names)
	synced, err := index.Follow(ctx, mgr.GetCache())
	if err != nil {
		return nil, nil, err
	}
	keeper := access.NewKeeper(access.KeeperOptions{Client: live, Index: index, Settings: o.settings, Mesh: o.mesh, Log: log.WithName("keeper")})
	return kfam.New(kfam.Options{
		Callers: callers, DashboardPrincipals: o.dashboards, TrustAnonymous: o.callers.TrustUserHeader,
		Admins: o.admins, AdminGroups: o.adminGroups, Names: o.rules.Names,
		Rules: o.rules, Index: index, Keeper: keeper, Registrar: &access.Registrar{Client: live, Index: index, Rules: o.rules},
		Synced: synced, Audit: kfam.Trail{Log: log.WithName("audit"), Events: mgr.GetEventRecorder("kfam")}.Write,
		Metrics: kfam.NewMetrics(metrics.Registry, index), Log: log,
	}), keeper, nil
}

// everywhere runs whether or not the process leads.
type everywhere func(context.Context) error

// Start runs it.
func (e everywhere) Start(ctx context.Context) error { return e(ctx) }

// NeedLeaderElection is false: every replica answers.
func (e everywhere) NeedLeaderElection() bool { return false }

// stopPatience is how long requests that are under way may take when the server stops.
const stopPatience = 10 * time.Second

func serve(ctx context.Context, address string, server *http.Server, log logr.Logger) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	log.Info("serving the access API", "address", listener.Addr().String())
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// sweep heals half-made bindings now and then, and has count told of each round.
func sweep(ctx context.Context, keeper *access.Keeper, every time.Duration, count func(access.SweepReport, error), log logr.Logger) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		report, err := keeper.Sweep(ctx)
		count(report, err)
		if err != nil {
			log.Error(err, "not every half-made binding could be healed; trying again later")
		}
	}
}
