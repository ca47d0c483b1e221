package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// clean shows what will be changed, asks, and changes it.
func (a *awsAudit) clean(ctx context.Context, e *Environment, w *awsWorld, tenants awsroles.Tenants, all []awsroles.Audited, keep []string) error {
	var cleanings []awsroles.Cleaning
	for _, role := range all {
		if !role.Fixable() {
			continue
		}
		c, err := awsroles.Clean(role, w.provider, tenants, keep)
		if err != nil {
			return fmt.Errorf("%s: %w", role.Role, err)
		}
		preview(e, c)
		if c.Changes() {
			cleanings = append(cleanings, c)
		}
	}
	if len(cleanings) == 0 {
		fmt.Fprintln(e.Out, "Nothing is to be changed.")
		return nil
	}
	if !a.dryRun.local() && !a.yes {
		if err := confirmCleaning(ctx, e, len(cleanings)); err != nil {
			return err
		}
	}
	var failures []error
	for _, c := range cleanings {
		if !a.dryRun.local() {
			if err := c.Apply(ctx, w.iam); err != nil {
				failures = append(failures, fmt.Errorf("%s: %w", c.Role, err))
				continue
			}
		}
		fmt.Fprintf(e.Out, "%s %s\n", c.Role, a.dryRun.said("cleaned"))
	}
	return errors.Join(failures...)
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
