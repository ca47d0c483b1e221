package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const createExample = `  # A room for Ann, with a quota, and wait until she can work in it
  kubectl profile create ann --owner ann@example.com --quota cpu=4,memory=8Gi --wait

  # A team's room, owned by a group, with an AWS role and a contributor
  kubectl profile create vision --owner Group:vision --aws-role arn:aws:iam::123456789012:role/vision --contributor edit=ben@example.com

  # The manifest, for git
  kubectl profile create ann --owner ann@example.com --dry-run=client -o yaml`

func newCreate(e *Environment) *cobra.Command {
	var wishes profileWishes
	var o output
	var dryRun string
	var wait bool
	var timeout time.Duration
	c := &cobra.Command{
		Use:     "create NAME --owner OWNER",
		Short:   "Create a Profile",
		Example: createExample,
		Args:    oneName,
		RunE: func(c *cobra.Command, arguments []string) error {
			p, err := wishes.profile(arguments[0])
			if err != nil {
				return err
			}
			done, options, err := dryRunOf(dryRun, "created")
			if err != nil {
				return err
			}
			if dryRun != "client" {
				cluster, err := e.Connect()
				if err != nil {
					return err
				}
				if err := cluster.Create(c.Context(), p, options...); err != nil {
					return err
				}
				if wait && dryRun == "none" {
					e.said("profile", p.Name, done)
					return waitReady(c.Context(), e, cluster, p.Name, timeout)
				}
			}
			if o.format != "" {
				return o.print(e, p, func(bool) *metav1.Table { return nil })
			}
			e.said("profile", p.Name, done)
			return nil
		},
	}
	wishes.add(c.Flags())
	o.add(c)
	c.Flags().StringVar(&dryRun, "dry-run", "none", "none, client (only print what would be sent) or server (the API server checks it and stores nothing).")
	c.Flags().BoolVar(&wait, "wait", false, "Wait until the Profile is ready, and show how it gets there.")
	c.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "How long --wait waits.")
	return c
}

// dryRunOf reads the flag --dry-run: how to say what was done, and the options of the request.
func dryRunOf(text, done string) (string, []client.CreateOption, error) {
	switch text {
	case "none":
		return done, nil, nil
	case "client":
		return done + " (dry run)", nil, nil
	case "server":
		return done + " (server dry run)", []client.CreateOption{client.DryRunAll}, nil
	default:
		return "", nil, misused("--dry-run is %q; it must be none, client or server", text)
	}
}

// notReadyError tells why waiting came to nothing.
func notReadyError(name, reason, message string) error {
	return fmt.Errorf("profile %s is not ready: %s: %s\nSee: kubectl profile describe %s", name, reason, message, name)
}
