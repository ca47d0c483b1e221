package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// cleaner is a run of audit --fix.
type cleaner struct {
	*awsAudit
	*Environment
	world   *awsWorld
	tenants awsroles.Tenants
	// left is what there is to say about each role in the end.
	left []awsroles.Audited
	// failures are those of single roles. They keep no other role from being cleaned.
	failures []error
}

// planned is a cleaning, and the place of its role in what is left.
type planned struct {
	awsroles.Cleaning
	place int
}

// clean shows what will be changed, asks, and changes it. Then it tells what is left.
func (a *awsAudit) clean(ctx context.Context, e *Environment, w *awsWorld, tenants awsroles.Tenants, all []awsroles.Audited, keep []keeper) error {
	var subjects []string
	for _, k := range keep {
		if !tenants.Keepable(k.subject, all) {
			return misused("--keep %s: it is annotated with no open role, so there is nothing to keep", k.text)
		}
		subjects = append(subjects, k.subject)
	}
	c := cleaner{awsAudit: a, Environment: e, world: w, tenants: tenants, left: all}
	plans := c.plan(subjects)
	if len(plans) == 0 {
		fmt.Fprintln(e.Out, "Nothing is to be changed.")
	} else if !a.dryRun.local() && !a.yes {
		if err := confirmCleaning(ctx, e, len(plans)); err != nil {
			return err
		}
	}
	for _, p := range plans {
		c.apply(ctx, p)
	}
	return errors.Join(append(c.failures, c.reportLeft())...)
}

// plan shows what is to become of each role, and returns what is to be changed.
func (c *cleaner) plan(keep []string) []planned {
	var plans []planned
	for i, role := range c.left {
		if !role.Fixable() {
			continue
		}
		cleaning, err := awsroles.Clean(role, c.world.provider, c.tenants, keep)
		if err != nil {
			c.failures = append(c.failures, fmt.Errorf("%s: %w", role.Role, err))
			continue
		}
		preview(c.Environment, cleaning)
		if cleaning.Changes() {
			plans = append(plans, planned{cleaning, i})
		}
	}
	return plans
}

func (c *cleaner) apply(ctx context.Context, p planned) {
	if !c.dryRun.local() {
		if err := p.Apply(ctx, c.world.iam); err != nil {
			c.failures = append(c.failures, fmt.Errorf("%s: %w", p.Role, err))
			return
		}
	}
	c.left[p.place] = p.Left(c.left[p.place], c.world.provider, c.tenants)
	fmt.Fprintf(c.Out, "%s %s\n", p.Role, c.dryRun.said("cleaned"))
}

// reportLeft prints the roles with which something is still wrong, and is an error when there are
// any.
func (c *cleaner) reportLeft() error {
	wrong := 0
	for _, role := range c.left {
		if len(role.Problems()) > 0 {
			printAudited(c.Environment, role, false)
			wrong++
		}
	}
	if wrong == 0 {
		return nil
	}
	return fmt.Errorf("something stays wrong with %d of %s", wrong, plural(len(c.left), "role", "roles"))
}

// preview says what becomes of a role.
func preview(e *Environment, c awsroles.Cleaning) {
	fmt.Fprintln(e.ErrOut, c.Role)
	if c.Closes {
		fmt.Fprintln(e.ErrOut, "  - it is closed: any service account of the cluster could have it")
	}
	if c.Closes && len(c.Keep) == 0 {
		fmt.Fprintln(e.ErrOut, "  - nobody keeps it, since no Profile names it")
	}
	for _, subject := range c.Keep {
		fmt.Fprintf(e.ErrOut, "  - %s keeps it\n", plain.Text(subject))
	}
	for _, subject := range c.Lose {
		fmt.Fprintf(e.ErrOut, "  - %s loses it: it is annotated with the role, and no Profile names both\n", plain.Text(subject))
	}
	for _, subject := range c.Remove {
		fmt.Fprintf(e.ErrOut, "  - %s is gone and taken out\n", plain.Text(subject))
	}
	if c.Narrows {
		fmt.Fprintln(e.ErrOut, "  - those of its statements that can be closed are closed")
	}
	if c.StillOpen {
		fmt.Fprintln(e.ErrOut, "  - it stays open: some statement cannot be closed without guessing; edit its trust policy by hand")
	}
}

// confirmCleaning has a person say yes, and refuses where none is there to ask.
func confirmCleaning(ctx context.Context, e *Environment, n int) error {
	answer, err := e.ask(ctx, fmt.Sprintf("To change %s, type yes: ", plural(n, "trust policy", "trust policies")))
	switch {
	case ctx.Err() != nil:
		return &interruptedError{"nothing was changed"}
	case err != nil:
		return err
	case answer == "":
		return misused("nothing was changed, since nobody answered; to change it without being asked, add --yes")
	case answer != "yes":
		return errors.New("nothing was changed: the answer was not yes")
	default:
		return nil
	}
}
