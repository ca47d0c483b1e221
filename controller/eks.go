package controller

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awspodidentity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// eks is the plugin AwsPodIdentity. Region and credentials come from where those of the
// plugin AwsIamForServiceAccount do.
func eks(o *awspodidentity.Options) Extension {
	return Extension{
		Flags: func(flags *flag.FlagSet) { eksFlags(flags, o) },
		Check: func() error { return checkEKS(*o) },
		New: func(e Environment) (plugin.Plugin, error) {
			client, err := awspodidentity.NewEKS(context.Background())
			if err != nil {
				return nil, err
			}
			o.EKS, o.Issuer, o.Annotations, o.Host, o.Log = client, e.Issuer, e.Annotations, e.Host, e.Log.WithName("aws-eks")
			o.Observe = awspodidentity.Observer(e.Metrics)
			return awspodidentity.New(*o)
		},
	}
}

func eksFlags(flags *flag.FlagSet, o *awspodidentity.Options) {
	o.Timing = awspodidentity.DefaultTiming()
	flags.StringVar(&o.Cluster, "aws-eks-cluster", "",
		"Name of this EKS cluster, for Profiles with EKS Pod Identity. By default it is found out by the cluster's token issuer, for which the controller needs eks:ListClusters and eks:DescribeCluster.")
	flags.Float64Var(&o.RequestsPerSecond, "aws-eks-requests-per-second", awspodidentity.DefaultRequestsPerSecond,
		"How many requests a second EKS gets at most. It is halved by itself while EKS throttles.")
	flags.DurationVar(&o.Timing.Drift, "aws-eks-drift-check-interval", o.Timing.Drift,
		"How often each Pod Identity association is read to see whether somebody changed or deleted it.")
}

func checkEKS(o awspodidentity.Options) error {
	switch {
	case o.RequestsPerSecond <= 0:
		return errors.New("-aws-eks-requests-per-second must be more than 0")
	case o.Timing.Drift < time.Second:
		return errors.New("-aws-eks-drift-check-interval must be at least 1s")
	}
	if err := awspodidentity.CheckCluster(o.Cluster); err != nil {
		return fmt.Errorf("-aws-eks-cluster: %w", err)
	}
	return nil
}
