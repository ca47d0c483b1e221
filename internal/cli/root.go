package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs one command line and returns the exit code: 0 when all went well, 1 when something did not, 2
// when the command line is wrong, 130 when somebody broke it off by ending the context.
func Main(ctx context.Context, e *Environment, arguments []string) int {
	root := NewCommand(e) //nolint:contextcheck // Verbs have the context from ExecuteContext.
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	var misuse *usageError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(e.ErrOut, "interrupted:", interruption(err))
		return interruptedCode
	case errors.As(err, &misuse):
		fmt.Fprintln(e.ErrOut, "error:", err)
		return 2
	default:
		fmt.Fprintln(e.ErrOut, "error:", e.explain(err))
		return 1
	}
}

// NewCommand returns the command with all its verbs.
func NewCommand(e *Environment) *cobra.Command {
	root := &cobra.Command{
		Use: "kubectl-profile",
		// kubectl runs kubectl-profile for "kubectl profile", and so do people.
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl profile"},
		Short:         "Give every team on a shared cluster a room of its own",
		Long:          "Create, show, share and check Profiles: namespaces with their access rules, quota and cloud identity.",
		SilenceErrors: true, // Main prints them once, with what to do.
		SilenceUsage:  true,
		Args:          noNames,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.ErrOut)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return misused("%w; see %s --help", err, c.CommandPath())
	})
	e.Kubeconfig.AddFlags(root.PersistentFlags())
	root.AddCommand(newCreate(e), newList(e), newGet(e), newDescribe(e), newAccess(e), newShare(e), newUnshare(e), newTransfer(e), newDelete(e), newAWS(e),
		newDoctor(e), newMigrate(e))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	completeAll(e, root)
	return root
}

// oneName wants a command line with just the name of a Profile.
func oneName(c *cobra.Command, arguments []string) error {
	if len(arguments) != 1 {
		return misused("give the name of one Profile, as in: %s NAME", c.CommandPath())
	}
	return nil
}

// noNames wants a command line without names. What stands after a command that only has verbs is meant
// as a verb.
func noNames(c *cobra.Command, arguments []string) error {
	switch {
	case len(arguments) == 0:
		return nil
	case c.HasSubCommands():
		return misused("there is no verb %q%s; see %s --help", arguments[0], resembling(c, arguments[0]), c.CommandPath())
	default:
		return misused("unexpected argument %q; see %s --help", arguments[0], c.CommandPath())
	}
}

// resembling asks whether verbs that are spelled much the same were meant.
func resembling(c *cobra.Command, typed string) string {
	c.SuggestionsMinimumDistance = 2
	verbs := c.SuggestionsFor(typed)
	if len(verbs) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(verbs, " or ") + "?)"
}
