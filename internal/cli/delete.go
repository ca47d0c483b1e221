package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

type deletion struct {
	yes, wait bool
	timeout   time.Duration
	dryRun    dryRun
}

func newDelete(e *Environment) *cobra.Command {
	var d deletion
	c := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a Profile with its namespace and all that is in it",
		Long: `Delete a Profile. Its namespace goes with it, with everything that runs and everything that is stored there,
and what was granted in a cloud is taken back. You are shown what will be lost, and asked.`,
		Example: `  kubectl profile delete ann
  kubectl profile delete ann --yes --wait`,
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			cluster, err := e.Connect()
			if err != nil {
				return err
			}
			return d.run(c.Context(), e, cluster, arguments[0])
		},
	}
	c.Flags().BoolVarP(&d.yes, "yes", "y", false, "Do not ask.")
	c.Flags().BoolVar(&d.wait, "wait", false, "Wait until the Profile and its namespace are gone.")
	c.Flags().DurationVar(&d.timeout, "timeout", 5*time.Minute, "How long --wait waits.")
	d.dryRun.add(c.Flags())
	return c
}

func (d *deletion) run(ctx context.Context, e *Environment, cluster client.Client, name string) error {
	p, err := readProfile(ctx, cluster, name)
	if err != nil {
		return err
	}
	if p.Annotations[profilev1.PreventDeletionAnnotation] == "true" {
		return fmt.Errorf("profile %s is protected from deletion. To lift the protection: kubectl annotate profile %s %s-", name, name, profilev1.PreventDeletionAnnotation)
	}
	lost, err := losses(ctx, cluster, p)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.ErrOut, "With profile %s (owner %s) will be lost:\n", name, plain.Text(ownerText(p)))
	for _, line := range lost {
		fmt.Fprintln(e.ErrOut, "  - "+plain.Text(line))
	}
	if d.dryRun.local() {
		e.said(name, d.dryRun.said("deleted"))
		return nil
	}
	if !d.yes && !d.dryRun.server() {
		if err := confirm(ctx, e, name); err != nil {
			return err
		}
	}
	// Somebody may have deleted it and made another of that name while we asked.
	options := []client.DeleteOption{client.Preconditions{UID: ptr.To(p.UID)}}
	if d.dryRun.server() {
		options = append(options, client.DryRunAll)
	}
	if err := cluster.Delete(ctx, p, options...); err != nil {
		return err
	}
	e.said(name, d.dryRun.said("deleted"))
	if !d.wait || d.dryRun.server() {
		return nil
	}
	return awaitGone(ctx, cluster, p, d.timeout)
}

// confirm has a person type the name, and refuses where none is there to ask.
func confirm(ctx context.Context, e *Environment, name string) error {
	answer, err := e.ask(ctx, "To go on, type the name of the profile: ")
	switch {
	case ctx.Err() != nil:
		return &interruptedError{"nothing was deleted"}
	case err != nil:
		return err
	case answer == "":
		return misused("nothing was deleted, since nobody answered; to delete without being asked, add --yes")
	case answer != name:
		return errors.New("nothing was deleted: the answer was not the name of the profile")
	default:
		return nil
	}
}

// awaitGone waits for Profile and namespace; what is stuck is told with the reason.
func awaitGone(ctx context.Context, cluster client.Client, p *profilev1.Profile, timeout time.Duration) error {
	left := "profile " + p.Name
	var trouble error
	err := wait.PollUntilContextTimeout(ctx, 500*time.Millisecond, timeout, true, func(ctx context.Context) (bool, error) {
		now, err := remains(ctx, cluster, p)
		if trouble = err; err == nil {
			left = plain.Text(now)
		}
		if err != nil && !passing(err) {
			return false, err
		}
		return now == "" && err == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &interruptedError{fmt.Sprintf("the deletion goes on without you; still there: %s", left)}
	case wait.Interrupted(err) && trouble != nil:
		return fmt.Errorf("%s was still there when it was last seen; since then: %w", left, trouble)
	case wait.Interrupted(err):
		return fmt.Errorf("%s is still there after %s", left, timeout)
	default:
		return err
	}
}

// remains tells what is left of a Profile, or the empty string.
func remains(ctx context.Context, cluster client.Client, p *profilev1.Profile) (string, error) {
	now := &profilev1.Profile{}
	err := cluster.Get(ctx, client.ObjectKeyFromObject(p), now)
	switch {
	case err == nil && now.UID == p.UID:
		identity := conditionOf(now, profilev1.ConditionIdentityReady)
		if identity.Status == metav1.ConditionFalse && len(now.Finalizers) > 0 {
			return fmt.Sprintf("profile %s (%s)", p.Name, plain.Text(identity.Message)), nil
		}
		return "profile " + p.Name, nil
	case err != nil && !apierrors.IsNotFound(err):
		return "profile " + p.Name, err
	}
	return namespaceRemains(ctx, cluster, p)
}
