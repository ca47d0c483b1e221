package controller

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/metricsguard"
	"github.com/kfprofiles/kfprofiles/internal/namespacelabels"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awspodidentity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/azureworkloadidentity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/gcpworkloadidentity"
	"github.com/kfprofiles/kfprofiles/internal/profile"
)

// leaderElectionID is that of the Kubeflow Profile controller, so that the two never
// work at the same time while one replaces the other.
const leaderElectionID = "kubeflow-profile-controller"

const (
	// leaseDuration is how long a leader that died without a word keeps others waiting.
	leaseDuration = 15 * time.Second
	// renewDeadline is when a leader that cannot renew gives up, safely before others
	// may take over.
	renewDeadline = 10 * time.Second
	// retryPeriod is how soon a waiting replica sees that the leader stepped down: after
	// this long, or, since client-go spreads the attempts, up to 2.2 times as long.
	retryPeriod = 750 * time.Millisecond
)

// Main runs a controller by the command line and the environment until the process is asked
// to stop, and returns the exit code. It has the controller's own plugins and the extensions.
func Main(extensions ...Extension) int {
	o, err := parseOptions(os.Args[1:], os.Stderr, os.Getenv, append(own(), extensions...)...)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
		return 2
	}
	logger := newLogger(o.debug)
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	if err := run(o); err != nil {
		logger.Error(err, "the profile controller stopped")
		return 1
	}
	return 0
}

// own are the controller's own plugins.
func own() []Extension {
	return []Extension{
		aws(&awsirsa.Options{}), eks(&awspodidentity.Options{}),
		gcp(&gcpworkloadidentity.Options{}), azure(&azureworkloadidentity.Options{}),
	}
}

// newLogger writes one JSON object a line. Stack traces are kept for panics: for an
// ordinary error they name our own work loop and nothing that helps.
func newLogger(debug bool) logr.Logger {
	level := zapcore.InfoLevel
	if debug {
		level = zapcore.DebugLevel
	}
	return zap.New(zap.Level(level), zap.StacktraceLevel(zapcore.PanicLevel))
}

// run works until the process is asked to stop.
func run(o options) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w; set KUBECONFIG, or run inside a cluster", err)
	}
	config.UserAgent = "profile-controller"
	// The API server's own fairness rules bound what we send; a second limit here would
	// only make many Profiles slow.
	config.QPS = -1
	// The API server warns at each Profile that the finalizer's name has no domain. The
	// name is fixed by compatibility.
	config.WarningHandlerWithContext = rest.NoWarnings{}
	mgr, err := newManager(config, o)
	if err != nil {
		return err
	}
	host := profile.NewHost()
	plugins, err := newPlugins(mgr, o, host)
	if err != nil {
		return err
	}
	err = profile.Setup(mgr, profile.Options{
		Settings:      o.settings,
		Reserved:      o.reserved,
		Plugins:       plugins,
		Host:          host,
		SealNamespace: o.namespace,
		Labels:        namespacelabels.Open(o.labelsPath),
		Self:          self(os.Getenv),
		Workers:       o.workers,
	})
	if err != nil {
		return err
	}
	if err := mgr.Add(memoryGiver{}); err != nil {
		return fmt.Errorf("set up the manager: %w", err)
	}
	return mgr.Start(ctrl.SetupSignalHandler())
}

func newManager(config *rest.Config, o options) (ctrl.Manager, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Logger:                        ctrl.Log.WithSink(calm{ctrl.Log.GetSink()}),
		Scheme:                        scheme,
		Cache:                         profile.CacheOptions(),
		Client:                        profile.ClientOptions(),
		Metrics:                       metricsOptions(o),
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              leaderElectionID,
		LeaderElectionNamespace:       o.leaderElectNamespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 ptr.To(leaseDuration),
		RenewDeadline:                 ptr.To(renewDeadline),
		RetryPeriod:                   ptr.To(retryPeriod),
	})
	if err != nil {
		return nil, fmt.Errorf("set up the manager: %w", err)
	}
	return mgr, addProbes(mgr)
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, profilev1.AddToScheme, istiov1beta1.AddToScheme, apiextensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register types: %w", err)
		}
	}
	return scheme, nil
}

func metricsOptions(o options) metricsserver.Options {
	options := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.metricsSecure}
	if o.metricsSecure {
		options.FilterProvider = metricsguard.New
	}
	return options
}

// addProbes lets the controller be called ready only when its caches are filled, since
// before that it can neither work nor take over.
func addProbes(mgr ctrl.Manager) error {
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("set up /healthz: %w", err)
	}
	cachesFilled := func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(request.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("the caches are not filled yet")
		}
		return nil
	}
	if err := mgr.AddReadyzCheck("caches", cachesFilled); err != nil {
		return fmt.Errorf("set up /readyz: %w", err)
	}
	return nil
}

// self is the Pod that the controller runs in, by the names that the Deployment passes
// in, or nil outside a cluster.
func self(getenv func(string) string) *corev1.Pod {
	name, namespace := getenv("POD_NAME"), getenv("POD_NAMESPACE")
	if name == "" || namespace == "" {
		return nil
	}
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, UID: types.UID(getenv("POD_UID"))}}
}
