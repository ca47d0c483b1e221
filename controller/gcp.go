package controller

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/gcpworkloadidentity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// gcp is the plugin WorkloadIdentity. Credentials are Google's Application Default
// Credentials: GOOGLE_APPLICATION_CREDENTIALS, or the metadata server.
func gcp(o *gcpworkloadidentity.Options) Extension {
	var endpoint string
	return Extension{
		Flags: func(flags *flag.FlagSet) {
			gcpFlags(flags, o)
			flags.StringVar(&endpoint, "gcp-iam-endpoint", "",
				"URL of Google's IAM where it is not the public one, for example that of a Private Service Connect endpoint.")
		},
		Check: func() error {
			if err := gcpworkloadidentity.CheckEndpoint(endpoint); err != nil {
				return fmt.Errorf("-gcp-iam-endpoint: %w", err)
			}
			return checkGCP(*o)
		},
		New: func(e Environment) (plugin.Plugin, error) {
			client, err := gcpworkloadidentity.NewIAM(endpoint)
			if err != nil {
				return nil, err
			}
			o.IAM, o.Host, o.Log = client, e.Host, e.Log.WithName("gcp")
			o.Observe = gcpworkloadidentity.Observer(e.Metrics)
			return gcpworkloadidentity.New(*o)
		},
	}
}

func gcpFlags(flags *flag.FlagSet, o *gcpworkloadidentity.Options) {
	o.Timing = gcpworkloadidentity.DefaultTiming()
	flags.StringVar(&o.DefaultServiceAccount, "workload-identity", "",
		"E-mail address of the Google service account for Profiles that name none, with {profile} in the place of the Profile's name if each has one of its own. It is not written into the Profiles. Empty means no default.")
	flags.StringVar(&o.IdentityNamespace, "gcp-identity-namespace", "",
		"ID of the project whose workload identity pool (PROJECT.svc.id.goog) the cluster belongs to. By default that of the controller's own credentials, else that of each Google service account.")
	flags.Float64Var(&o.RequestsPerSecond, "gcp-requests-per-second", gcpworkloadidentity.DefaultRequestsPerSecond,
		"How many requests a second Google's IAM gets at most. It is halved by itself while IAM throttles.")
	flags.DurationVar(&o.Timing.Settle, "gcp-consistency-delay", o.Timing.Settle,
		"How long IAM may go on showing an allow policy from before a change.")
	flags.DurationVar(&o.Timing.Hold, "gcp-start-delay", o.Timing.Hold,
		"How long after its start the controller waits before it edits allow policies, so that what another one changed just before has settled.")
	flags.DurationVar(&o.Timing.Drift, "gcp-drift-check-interval", o.Timing.Drift,
		"How often each Google service account is read to see whether somebody took a Profile out of its allow policy.")
}

func checkGCP(o gcpworkloadidentity.Options) error {
	switch {
	case o.RequestsPerSecond <= 0:
		return errors.New("-gcp-requests-per-second must be more than 0")
	case o.Timing.Settle < 0, o.Timing.Hold < 0:
		return errors.New("-gcp-consistency-delay and -gcp-start-delay must not be negative")
	case o.Timing.Drift < time.Second:
		return errors.New("-gcp-drift-check-interval must be at least 1s")
	}
	if err := gcpworkloadidentity.CheckDefaultServiceAccount(o.DefaultServiceAccount); err != nil {
		return fmt.Errorf("-workload-identity: %w", err)
	}
	if err := gcpworkloadidentity.CheckIdentityNamespace(o.IdentityNamespace); err != nil {
		return fmt.Errorf("-gcp-identity-namespace: %w", err)
	}
	return nil
}
