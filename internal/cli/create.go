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
	var dryRun dryRun
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
			if !dryRun.local() {
				cluster, err := e.Connect()
				if err != nil {
					return err
				}
				options := []client.CreateOption{client.FieldOwner(fieldManager)}
				if dryRun.server() {
					options = append(options, client.DryRunAll)
				}
				if err := cluster.Create(c.Context(), p, options...); err != nil {
					return err
				}
				if wait && !dryRun.server() {
					e.said(p.Name, "created")
					return waitReady(c.Context(), e, cluster, p.Name, timeout)
				}
			}
			if o.format != "" {
				return o.print(e, p, func(bool) *metav1.Table { return nil })
			}
			e.said(p.Name, dryRun.said("created"))
			return nil
		},
	}
	wishes.add(c.Flags())
	o.add(c)
	dryRun.add(c.Flags())
	c.Flags().BoolVar(&wait, "wait", false, "Wait until the Profile is ready, and show how it gets there.")
	c.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "How long --wait waits.")
	return c
}

// notReadyError tells why waiting came to nothing.
func notReadyError(name, reason, message string) error {
	return fmt.Errorf("profile %s is not ready: %s: %s\nSee: kubectl profile describe %s", name, reason, message, name)
}
