package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
	"github.com/kfprofiles/kfprofiles/internal/cli/migration"
)

type migrateFlags struct {
	apply, rollback bool
	image, format   string
	dryRun          dryRun
	timeout         time.Duration
}

const migrateExample = `  # What would change
  kubectl profile migrate

  # Move, and wait until all Profiles are ready
  kubectl profile migrate --apply --image registry.example.com/profile-controller:v1

  # And back
  kubectl profile migrate --rollback`

func newMigrate(e *Environment) *cobra.Command {
	var f migrateFlags
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Move from the existing Kubeflow profile controller to this one, and back",
		Long: `Move from the existing Kubeflow profile controller to this one. Without --apply you see what would change, for the
installation and for each Profile, and, where these name AWS roles and you have AWS credentials, which roles are open.
The exit code is 1 when something stands in the way, which a move would leave as it is. The Deployment is kept with its
settings; its images and arguments are exchanged, and its service account is no longer cluster-admin. How things were
is recorded in configmap ` + migration.RecordName + ` beside it, and --rollback brings it back. A move that broke off is
finished by running it again. See docs/upgrading.md.`,
		Example: migrateExample,
		Args:    noNames,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return f.run(c.Context(), e)
		},
	}
	c.Flags().BoolVar(&f.apply, "apply", false, "Move.")
	c.Flags().BoolVar(&f.rollback, "rollback", false, "Go back to how things were.")
	c.Flags().StringVar(&f.image, "image", "", "Image of this product, with --apply.")
	c.Flags().DurationVar(&f.timeout, "timeout", 5*time.Minute, "How long each thing that is waited for may take.")
	c.Flags().StringVarP(&f.format, "output", "o", "", "Output format of what would change. One of: (wide, json, yaml). The text is wide already.")
	e.addControllerNamespace(c.Flags())
	f.dryRun.add(c.Flags())
	return c
}

func (f *migrateFlags) check() error {
	switch {
	case f.apply && f.rollback:
		return misused("give --apply or --rollback, not both")
	case f.apply && f.image == "":
		return misused("--apply needs --image, the image that make image built and that the cluster can pull")
	case f.image != "" && !f.apply:
		return misused("--image goes with --apply")
	case f.format != "" && (f.apply || f.rollback):
		return misused("-o is for what would change; leave out --apply and --rollback")
	default:
		return checkFindingsFormat(f.format)
	}
}

func (f *migrateFlags) run(ctx context.Context, e *Environment) error {
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	i, err := theInstallation(ctx, cluster, e.controllerNamespaces())
	if err != nil {
		return err
	}
	m := migration.Migration{Cluster: cluster, Out: e.Out, DryRun: migration.DryRun(f.dryRun), Timeout: f.timeout, Poll: 500 * time.Millisecond}
	switch {
	case f.apply:
		return m.Apply(ctx, i, f.image)
	case f.rollback:
		return m.Rollback(ctx, i)
	}
	findings, err := migration.Plan(ctx, cluster, i, e.lookAtAWS(cluster))
	if err != nil {
		return err
	}
	if err := e.printFindings(findings, f.format); err != nil {
		return err
	}
	if problems := doctor.Count(findings, doctor.Problem); problems > 0 {
		return fmt.Errorf("problems found: %d. Mend them first: a move leaves them as they are", problems)
	}
	return nil
}

// theInstallation finds the one controller that there is.
func theInstallation(ctx context.Context, cluster client.Reader, namespaces []string) (installation.Installation, error) {
	found, err := installation.Find(ctx, cluster, namespaces...)
	switch {
	case err != nil:
		return installation.Installation{}, err
	case len(found) == 0:
		return installation.Installation{}, fmt.Errorf("there is no deployment %s in namespace %s. If it runs elsewhere, say where: --namespace NAMESPACE",
			installation.Deployment, strings.Join(namespaces, " or "))
	case len(found) > 1:
		return installation.Installation{}, fmt.Errorf("there is a deployment %s in each of several namespaces. Say which one: --namespace NAMESPACE", installation.Deployment)
	default:
		return found[0], nil
	}
}
