package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
)

// Main runs one command line of what NewCommand returns and returns the exit code: 0 when all went well, 1 when
// something did not, 2 when the command line is wrong.
func Main(ctx context.Context, root *cobra.Command, arguments []string) int {
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(root.ErrOrStderr(), "error:", explain(err))
	var misuse *usageError
	if errors.As(err, &misuse) {
		return 2
	}
	return 1
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
		Args:          cobra.NoArgs,
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
	return root
}

// usageError is a wrong command line.
type usageError struct{ error }

// Unwrap returns what is wrong.
func (u *usageError) Unwrap() error { return u.error }

func misused(format string, details ...any) error {
	return &usageError{fmt.Errorf(format, details...)}
}

// explain adds what to do about errors of the API server that everybody runs into.
func explain(err error) string {
	switch {
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err) && strings.Contains(err.Error(), "could not find the requested resource"):
		return err.Error() + "\nThe cluster does not know Profiles. Install the controller first (kubectl profile doctor tells more)."
	case apierrors.IsForbidden(err):
		return err.Error() + "\nProfiles are cluster-wide. Ask an admin of the cluster for this right."
	default:
		return err.Error()
	}
}

// oneName wants a command line with just the name of a Profile.
func oneName(c *cobra.Command, arguments []string) error {
	if len(arguments) != 1 {
		return misused("give the name of one Profile, as in: %s NAME", c.CommandPath())
	}
	return nil
}

// noNames wants a command line without names.
func noNames(c *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return misused("unexpected argument %q; see %s --help", arguments[0], c.CommandPath())
	}
	return nil
}
