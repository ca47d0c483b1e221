package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

func newAWS(e *Environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "aws",
		Short: "Set up, check and audit AWS roles for Profiles",
		Long: `Set up, check and audit AWS roles for Profiles. AWS is called with your own credentials, as the aws command
finds them: from AWS_PROFILE, aws sso login, variables or the instance.`,
		Args: noNames,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAWSSetup(e), newAWSCreateRole(e), newAWSVerify(e), newAWSAudit(e))
	return c
}

// addLocal adds --dry-run to verbs that work in AWS, which has no dry run of its own.
func (d *dryRun) addLocal(flags *pflag.FlagSet) {
	d.add(flags)
	flag := flags.Lookup("dry-run")
	flag.Usage = "none, or client: only say what would be done. AWS has no dry run on its side."
	flag.NoOptDefVal = "client"
}

// refuseServer tells that a dry run of the server's is not to be had.
func (d dryRun) refuseServer() error {
	if d.server() {
		return misused("AWS cannot try this without doing it; use --dry-run=client")
	}
	return nil
}

// carry carries steps out, or in a dry run only tells them. What is wrong and left alone is told, and
// is an error in the end.
func carry(ctx context.Context, e *Environment, dryRun dryRun, steps []awsroles.Step) error {
	wrong := false
	tell := func(s awsroles.Step) {
		wrong = wrong || len(s.Wrong) > 0
		tellStep(e, dryRun, s)
	}
	if dryRun.local() {
		for _, s := range steps {
			tell(s)
		}
	} else if err := awsroles.Carry(ctx, steps, tell); err != nil {
		return err
	}
	if wrong {
		return errors.New("something is wrong that this command leaves alone, since somebody may need it: see the lines with ✗")
	}
	return nil
}

// tellStep says what was found, and what is done about it.
func tellStep(e *Environment, dryRun dryRun, s awsroles.Step) {
	if s.IsDone() {
		fmt.Fprintf(e.Out, "%s unchanged: %s\n", s.What, plain.Text(s.Found))
	} else {
		fmt.Fprintf(e.Out, "%s %s; %s\n", s.What, dryRun.said(s.Todo), plain.Text(s.Found))
	}
	for _, problem := range s.Wrong {
		fmt.Fprintf(e.Out, "  ✗ %s\n", plain.Text(problem))
	}
}

// scriptFlag is --output of verbs that make something in AWS.
type scriptFlag string

func (s *scriptFlag) add(flags *pflag.FlagSet) {
	flags.StringVarP((*string)(s), "output", "o", "", "Print what does the same, and do nothing. One of: (aws-cli, terraform).")
}

func (s scriptFlag) check() error {
	if s != "" && s != "aws-cli" && s != "terraform" {
		return misused("-o is %q; it must be aws-cli or terraform", string(s))
	}
	return nil
}
