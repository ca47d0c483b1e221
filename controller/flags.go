package controller

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// options are what the command line and the environment say.
type options struct {
	settings desired.Settings
	reserved tenancy.ReservedNames
	issuer   string
	// extensions are the controller's own plugins and those that it was built with.
	extensions           []Extension
	labelsPath           string
	metricsAddress       string
	metricsSecure        bool
	probeAddress         string
	leaderElect          bool
	leaderElectNamespace string
	// namespace is the controller's own.
	namespace string
	workers   int
	debug     bool
}

// parseOptions reads the arguments without the program's name. getenv is os.Getenv.
func parseOptions(arguments []string, output io.Writer, getenv func(string) string, extensions ...Extension) (options, error) {
	o := options{extensions: extensions}
	var mesh, probes, reserved string
	flags := flag.NewFlagSet("profile-controller", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&o.settings.UserIDHeader, "userid-header", "x-goog-authenticated-user-email",
		"HTTP header in which the gateway puts the user's name.")
	flags.StringVar(&o.settings.UserIDPrefix, "userid-prefix", "accounts.google.com:",
		"What stands in front of the user's name in that header. May be empty.")
	flags.StringVar(&o.settings.GroupsClaim, "groups-claim", "groups",
		"JWT claim that lists a user's groups, for Profiles that a group owns.")
	flags.StringVar(&mesh, "mesh", "istio",
		"Service mesh of the cluster: istio, or none for no AuthorizationPolicies and no sidecar label.")
	flags.StringVar(&probes, "probe-namespaces", "",
		"Comma-separated namespaces whose pods may ask for the paths of Knative's probes (/healthz, /metrics, /wait-for-drain) in the namespaces of Profiles. Empty means that anybody may.")
	flags.StringVar(&o.settings.TrustDomain, "trust-domain", "",
		"Trust domain of the mesh, such as cluster.local, that a pod must be of to count as one of a namespace. Empty means any that the mesh trusts: set it where the mesh spans clusters that others run.")
	flags.StringVar(&reserved, "reserved-namespaces", "",
		"Comma-separated names that never become Profiles' namespaces, besides kube-*, default, kubeflow, istio-system and the controller's own. A name may end in '*'.")
	flags.StringVar(&o.labelsPath, "namespace-labels-path", "/etc/profile-controller/namespace-labels.yaml",
		"YAML file of default labels for namespaces. Changes are followed without a restart.")
	flags.StringVar(&o.issuer, "service-account-issuer", "",
		"URL of the issuer of the cluster's service account tokens, as clouds know it. By default the API server is asked.")
	for _, extension := range extensions {
		if extension.Flags != nil {
			extension.Flags(flags)
		}
	}
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "Address of the metrics; 0 turns them off.")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", false,
		"Serve the metrics over TLS, to callers that may get /metrics by RBAC only.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":9876", "Address of /healthz and /readyz; 0 turns them off.")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "Let one of several replicas work. Needed with more than one.")
	flags.StringVar(&o.leaderElectNamespace, "leader-elect-namespace", "",
		"Namespace of the leader election lease. By default the one that the controller runs in.")
	flags.IntVar(&o.workers, "workers", 16, "How many Profiles are worked on at the same time.")
	flags.BoolVar(&o.debug, "debug", false, "Log in detail.")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	o.settings.IngressGatewayPrincipal = tenancy.IngressGatewayPrincipal(getenv)
	o.settings.KFPUIPrincipal = tenancy.KFPUIPrincipal(getenv)
	o.settings.NotebookControllerPrincipal = tenancy.NotebookControllerPrincipal(getenv)
	var err error
	if o.reserved, err = tenancy.ParseReservedNames(reserved); err != nil {
		return o, fmt.Errorf("-reserved-namespaces: %w", err)
	}
	if o.settings.ProbeNamespaces, err = tenancy.ParseNamespaces(probes); err != nil {
		return o, fmt.Errorf("-probe-namespaces: %w", err)
	}
	if err := tenancy.CheckTrustDomain(o.settings.TrustDomain); err != nil {
		return o, fmt.Errorf("-trust-domain: %w", err)
	}
	o.namespace = cmp.Or(o.leaderElectNamespace, ownNamespace(getenv), "profiles-system")
	o.reserved = o.reserved.With(ownNamespace(getenv))
	switch mesh {
	case "istio", "none":
		o.settings.Mesh = mesh == "istio"
	default:
		return o, fmt.Errorf("-mesh is %q; it must be istio or none", mesh)
	}
	return o, o.check(flags)
}

func (o options) check(flags *flag.FlagSet) error {
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q; all settings are flags, see -help", flags.Arg(0))
	case o.settings.UserIDHeader == "":
		return errors.New("-userid-header must not be empty: without it nobody could be admitted through the mesh")
	case o.settings.GroupsClaim == "":
		return errors.New("-groups-claim must not be empty")
	case o.workers < 1:
		return errors.New("-workers must be at least 1")
	}
	if err := tenancy.CheckUserHeader(o.settings.UserIDHeader, o.settings.UserIDPrefix); err != nil {
		return fmt.Errorf("-userid-header, -userid-prefix: %w", err)
	}
	if o.issuer != "" {
		if err := identity.CheckIssuer(o.issuer); err != nil {
			return fmt.Errorf("-service-account-issuer: %w", err)
		}
	}
	for _, extension := range o.extensions {
		if extension.Check == nil {
			continue
		}
		if err := extension.Check(); err != nil {
			return err
		}
	}
	return nil
}

// ownNamespace is where the controller runs, or the empty string outside a cluster.
func ownNamespace(getenv func(string) string) string {
	if namespace := getenv("POD_NAMESPACE"); namespace != "" {
		return namespace
	}
	data, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return ""
	}
	return string(data)
}
