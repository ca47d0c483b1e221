package controller

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// aws is the plugin AwsIamForServiceAccount. Region and credentials come from the SDK's own
// sources: environment, shared files, web identity, instance.
func aws(o *awsirsa.Options) Extension {
	return Extension{
		Flags: func(flags *flag.FlagSet) { awsFlags(flags, o) },
		Check: func() error { return checkAWS(*o) },
		New: func(e Environment) (plugin.Plugin, error) {
			client, err := awsirsa.NewIAM(context.Background())
			if err != nil {
				return nil, err
			}
			o.IAM, o.Issuer, o.Host, o.Log = client, e.Issuer, e.Host, e.Log.WithName("aws")
			o.Observe = awsirsa.Observer(e.Metrics)
			return awsirsa.New(*o)
		},
	}
}

func awsFlags(flags *flag.FlagSet, o *awsirsa.Options) {
	o.Timing = awsirsa.DefaultTiming()
	flags.BoolVar(&o.RequireRoleTag, "aws-require-role-tag", false,
		"Open only AWS roles that have the tag "+awsirsa.TagKey+" with the Profile's name or '*'. Set this where people who may write Profiles must not have every role that the controller may edit.")
	flags.StringVar(&o.DefaultRole, "aws-default-role", "",
		"ARN of the AWS role for Profiles that name none, with {profile} in the place of the Profile's name. It is not written into the Profiles. Empty means no default.")
	flags.IntVar(&o.TrustPolicyLimit, "aws-trust-policy-limit", trustpolicy.DefaultSizeLimit,
		"The AWS account's quota for the length of a role's trust policy, in characters without white space.")
	flags.Float64Var(&o.RequestsPerSecond, "aws-requests-per-second", awsirsa.DefaultRequestsPerSecond,
		"How many requests a second IAM gets at most. It is halved by itself while IAM throttles.")
	flags.DurationVar(&o.Timing.Settle, "aws-consistency-delay", o.Timing.Settle,
		"How long IAM may go on showing a trust policy from before a change.")
	flags.DurationVar(&o.Timing.Hold, "aws-start-delay", o.Timing.Hold,
		"How long after its start the controller waits before it edits trust policies, so that what another one changed just before has settled.")
	flags.DurationVar(&o.Timing.Drift, "aws-drift-check-interval", o.Timing.Drift,
		"How often each AWS role is read to see whether somebody took a Profile out of its trust policy.")
}

func checkAWS(o awsirsa.Options) error {
	switch {
	case o.TrustPolicyLimit < 1:
		return errors.New("-aws-trust-policy-limit must be a number of characters, such as 2048 or 4096")
	case o.RequestsPerSecond <= 0:
		return errors.New("-aws-requests-per-second must be more than 0")
	case o.Timing.Settle < 0, o.Timing.Hold < 0:
		return errors.New("-aws-consistency-delay and -aws-start-delay must not be negative")
	case o.Timing.Drift < time.Second:
		return errors.New("-aws-drift-check-interval must be at least 1s")
	}
	if err := awsirsa.CheckDefaultRole(o.DefaultRole); err != nil {
		return fmt.Errorf("-aws-default-role: %w", err)
	}
	return nil
}
