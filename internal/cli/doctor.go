package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

func newDoctor(e *Environment) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the installation, and tell what is wrong and what to do",
		Long: `Check the installation: the CRD, the controller with its leader and its rights, the ClusterRoles, the mesh and the
user header, what clouds need in the cluster, and which Profiles are not ready and why. Nothing is changed. The exit
code is 1 when there is a problem. docs/troubleshooting.md has an entry for each reason.`,
		Example: `  kubectl profile doctor
  kubectl profile doctor -o json`,
		Args: noNames,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkFindingsFormat(format); err != nil {
				return err
			}
			return e.doctor(c.Context(), format)
		},
	}
	c.Flags().StringVarP(&format, "output", "o", "", "Output format. One of: (wide, json, yaml). The text is wide already.")
	e.addControllerNamespace(c.Flags())
	return c
}

func (e *Environment) doctor(ctx context.Context, format string) error {
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	findings, err := doctor.Examine(ctx, cluster, e.controllerNamespaces(), e.Now())
	if err != nil {
		return err
	}
	if err := e.printFindings(findings, format); err != nil {
		return err
	}
	if problems := doctor.Count(findings, doctor.Problem); problems > 0 {
		return fmt.Errorf("problems found: %d", problems)
	}
	return nil
}

// addControllerNamespace adds --namespace to a verb that works on the controller, in the place of kubectl's own,
// whose help would say something else.
func (e *Environment) addControllerNamespace(flags *pflag.FlagSet) {
	if e.Kubeconfig.Namespace != nil {
		flags.StringVarP(e.Kubeconfig.Namespace, "namespace", "n", "", "Where the controller runs. By default it is looked for in "+strings.Join(installation.Namespaces(), " and ")+".")
	}
}

// controllerNamespaces are where the controller is looked for: in the one of --namespace, or
// else where it usually runs.
func (e *Environment) controllerNamespaces() []string {
	if e.Kubeconfig.Namespace != nil && *e.Kubeconfig.Namespace != "" {
		return []string{*e.Kubeconfig.Namespace}
	}
	return installation.Namespaces()
}

// checkFindingsFormat checks -o of verbs that print findings. Their text has nothing to leave out, so
// that it is the wide one, too.
func checkFindingsFormat(format string) error {
	switch format {
	case "", "wide", "json", "yaml":
		return nil
	default:
		return misused("-o is %q; it must be wide, json or yaml", format)
	}
}

func (e *Environment) printFindings(findings []doctor.Finding, format string) error {
	if format == "json" || format == "yaml" {
		return e.printData(format, findings)
	}
	doctor.Write(e.Out, findings, e.Terminal)
	return nil
}
