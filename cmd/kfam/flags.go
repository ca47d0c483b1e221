package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// options are what the command line and the environment say.
type options struct {
	address             string
	admins, adminGroups []string
	dashboards          []string
	callers             caller.Options
	tokenReviews        bool
	// serviceAccountAudiences are those of tokens of ServiceAccounts.
	serviceAccountAudiences []string
	settings                contributor.Settings
	mesh                    bool
	rules                   access.Rules
	sweepInterval           time.Duration
	// shutdownDelay is how long everything goes on after the process was asked to stop.
	shutdownDelay time.Duration
}

// dashboardPrincipals are the Kubeflow dashboard's, under both names that its
// ServiceAccount has had.
const dashboardPrincipals = "cluster.local/ns/kubeflow/sa/dashboard,cluster.local/ns/kubeflow/sa/centraldashboard"

// parseOptions reads the arguments without the program's name. getenv is os.Getenv.
func parseOptions(arguments []string, output io.Writer, getenv func(string) string) (options, error) {
	var o options
	var admins, adminGroups, trusted, dashboards, names, mesh, reserved, pattern, audiences string
	var oidc caller.OIDCOptions
	flags := flag.NewFlagSet("kfam", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&o.address, "bind-address", ":8081", "Address of the API.")
	flags.StringVar(&o.callers.UserIDHeader, "userid-header", "x-goog-authenticated-user-email", "HTTP header in which the gateway puts the user's name.")
	flags.StringVar(&o.callers.UserIDPrefix, "userid-prefix", "accounts.google.com:", "What stands in front of the user's name in that header. May be empty.")
	flags.StringVar(&admins, "cluster-admin", "", "Comma-separated names of the users who administer the whole installation.")
	flags.StringVar(&adminGroups, "cluster-admin-groups", "", "Comma-separated groups whose members do, for callers with a verified token.")
	flags.StringVar(&trusted, "trusted-principals", strings.Join(caller.DefaultTrustedPrincipals(), ","),
		"Comma-separated mesh principals that may set the user header.")
	sidecars := flags.String("sidecar-addresses", "", "Comma-separated addresses or prefixes from which the own sidecar connects, if not Istio's 127.0.0.6 and ::6. Only it is believed about mesh principals.")
	flags.StringVar(&dashboards, "dashboard-principals", dashboardPrincipals,
		"Comma-separated mesh principals that may register users and read all bindings without naming a user, as the Kubeflow dashboard does.")
	flags.BoolVar(&o.callers.TrustUserHeader, "trust-user-header", false,
		"Believe the user header from anybody, for clusters without a mesh. Whoever reaches the port is then whoever they like: let nobody but the gateway reach it.")
	flags.StringVar(&names, "user-names", string(tenancy.ExactNames), "How names of users compare: exact, or ignore-email-case where the identity provider differs in the case of addresses.")
	flags.StringVar(&oidc.Issuer, "oidc-issuer", "", "URL of an OpenID Connect issuer whose bearer tokens are accepted. Empty means none.")
	flags.StringVar(&audiences, "oidc-audiences", "", "Comma-separated audiences of which such a token must have one.")
	flags.StringVar(&oidc.UserClaim, "oidc-user-claim", "email", "Claim with the user's name.")
	flags.StringVar(&oidc.GroupsClaim, "oidc-groups-claim", "groups", "Claim with the user's groups. Empty means that tokens have none.")
	flags.BoolVar(&o.tokenReviews, "accept-service-accounts", false, "Accept tokens of Kubernetes ServiceAccounts, for pipelines and GitOps.")
	accountAudiences := flags.String("service-account-audiences", "kfam",
		"Comma-separated audiences of which such a token must have one.")
	flags.StringVar(&o.settings.GroupsClaim, "groups-claim", "groups", "JWT claim that lists a user's groups, for mesh policies of contributors that are groups.")
	flags.StringVar(&mesh, "mesh", "istio", "Service mesh of the cluster: istio, or none for no AuthorizationPolicies.")
	flags.StringVar(&reserved, "reserved-namespaces", "", "Comma-separated names that nobody can register, besides kube-*, default, kubeflow, istio-system and the own namespace (POD_NAMESPACE). A name may end in '*'.")
	flags.StringVar(&pattern, "registration-name-pattern", "", "Regular expression that the names must match that users register. Empty means any valid name.")
	flags.IntVar(&o.rules.ProfilesPerUser, "profiles-per-user", 1, "How many Profiles a user can register.")
	flags.DurationVar(&o.sweepInterval, "sweep-interval", 10*time.Minute, "How often half-made bindings are looked for and healed.")
	flags.DurationVar(&o.shutdownDelay, "shutdown-delay", 5*time.Second,
		"How long to go on answering when asked to stop, while /readyz says no: until nobody is sent here any more.")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; all settings are flags, see -help", flags.Arg(0))
	}
	o.admins, o.adminGroups, o.dashboards = split(admins), split(adminGroups), split(dashboards)
	o.callers.TrustedPrincipals, o.serviceAccountAudiences = split(trusted), split(*accountAudiences)
	if oidc.Issuer != "" {
		oidc.Audiences = split(audiences)
		o.callers.OIDC = &oidc
	}
	o.settings.UserIDHeader, o.settings.UserIDPrefix = o.callers.UserIDHeader, o.callers.UserIDPrefix
	o.settings.IngressGatewayPrincipal, o.settings.KFPUIPrincipal = tenancy.IngressGatewayPrincipal(getenv), tenancy.KFPUIPrincipal(getenv)
	var err error
	if o.callers.SidecarAddresses, err = prefixes(*sidecars); err != nil {
		return o, fmt.Errorf("-sidecar-addresses: %w", err)
	}
	if err := tenancy.CheckUserHeader(o.callers.UserIDHeader, o.callers.UserIDPrefix); err != nil {
		return o, fmt.Errorf("-userid-header, -userid-prefix: %w", err)
	}
	if err := o.finish(names, reserved, pattern, mesh); err != nil {
		return o, err
	}
	o.rules.Reserved = o.rules.Reserved.With(getenv("POD_NAMESPACE"))
	return o, nil
}

// finish reads the settings that have a form of their own.
func (o *options) finish(names, reserved, pattern, mesh string) error {
	var err error
	o.mesh = mesh == "istio"
	if mesh != "istio" && mesh != "none" {
		return fmt.Errorf("-mesh is %q; it must be istio or none", mesh)
	}
	if o.callers.Names, err = tenancy.ParseNames(names); err != nil {
		return fmt.Errorf("-user-names: %w", err)
	}
	o.rules.Names = access.Names{Names: o.callers.Names}
	if o.rules.Reserved, err = tenancy.ParseReservedNames(reserved); err != nil {
		return fmt.Errorf("-reserved-namespaces: %w", err)
	}
	if o.rules.NamePattern, err = access.ParseNamePattern(pattern); err != nil {
		return fmt.Errorf("-registration-name-pattern: %w", err)
	}
	if o.rules.ProfilesPerUser < 1 {
		return errors.New("-profiles-per-user must be at least 1")
	}
	if o.shutdownDelay < 0 {
		return errors.New("-shutdown-delay must not be negative")
	}
	return nil
}

// prefixes reads addresses and prefixes; nil means the default.
func prefixes(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range split(list) {
		if address, err := netip.ParseAddr(text); err == nil {
			all = append(all, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a prefix such as 127.0.0.0/8", text)
		}
		all = append(all, prefix)
	}
	return all, nil
}

func split(list string) []string {
	names := []string{}
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
