package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/cli/ways"
)

type accessFlags struct {
	user   string
	groups []string
	format string
}

func newAccess(e *Environment) *cobra.Command {
	var f accessFlags
	c := &cobra.Command{
		Use:   "access NAME | access --user USER [--group GROUP…]",
		Short: "Show who can get into a Profile, or where somebody can get in",
		Long: `Show every way into a Profile's namespace and the rule that opens it: by RBAC (who may use the API server there),
by mesh policy (who may send requests to pods there), and by cloud identity (what its pods may use outside).

With --user and --group, show where that user and these groups can get in, also by groups that Kubernetes puts
everybody in. A service account is system:serviceaccount:NAMESPACE:NAME or ServiceAccount:NAMESPACE/NAME.

Left out are what Kubernetes binds to its own parts (system:…), ClusterRoles that give no access to what is in a
namespace, policies in the mesh's root namespace that are for selected pods, as those of gateways are, and, with
--user, the paths of probes. Roles that service accounts have in every namespace are shown with -o wide, json, yaml.`,
		Example: `  kubectl profile access vision
  kubectl profile access --user ben@example.com --group vision
  kubectl profile access vision -o wide`,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			result, err := f.find(c, e, arguments)
			if err != nil {
				return err
			}
			return f.print(e, result)
		},
	}
	c.Flags().StringVar(&f.user, "user", "", "Show where this user can get in.")
	c.Flags().StringSliceVar(&f.groups, "group", nil, "Show where members of this group can get in. May be given several times.")
	c.Flags().StringVarP(&f.format, "output", "o", "", "Output format. One of: (wide, json, yaml).")
	return c
}

// asked tells whether it is asked about somebody, and not about a Profile.
func (f *accessFlags) asked() bool { return f.user != "" || len(f.groups) > 0 }

// found are the ways that were asked for, and whether the cluster has a mesh.
type found struct {
	ways []ways.Way
	mesh bool
	// unseen says what could not be looked at.
	unseen []string
}

func (f *accessFlags) find(c *cobra.Command, e *Environment, arguments []string) (found, error) {
	switch {
	case !slices.Contains([]string{"", "wide", "json", "yaml"}, f.format):
		return found{}, misused("-o is %q; it must be wide, json or yaml", f.format)
	case f.asked() && len(arguments) > 0:
		return found{}, misused("give the name of a Profile, or --user and --group, not both")
	case !f.asked():
		if err := oneName(c, arguments); err != nil {
			return found{}, err
		}
	}
	cluster, err := e.Connect()
	if err != nil {
		return found{}, err
	}
	if f.asked() {
		return f.whereSomebodyGetsIn(c.Context(), cluster, e.controllerNamespaces())
	}
	p, err := readProfile(c.Context(), cluster, arguments[0])
	if err != nil {
		return found{}, err
	}
	rules, err := ways.Read(c.Context(), cluster, p.Name, e.controllerNamespaces())
	return found{rules.Into(p), rules.HasMesh(), rules.Unseen}, err
}

// whereSomebodyGetsIn looks through all Profiles.
func (f *accessFlags) whereSomebodyGetsIn(ctx context.Context, cluster client.Client, controllers []string) (found, error) {
	var profiles profilev1.ProfileList
	if err := cluster.List(ctx, &profiles); err != nil {
		return found{}, err
	}
	rules, err := ways.Read(ctx, cluster, metav1.NamespaceAll, controllers)
	if err != nil {
		return found{}, err
	}
	somebody := ways.NewCaller(f.user, f.groups)
	var theirs []ways.Way
	for i := range profiles.Items {
		all := rules.Into(&profiles.Items[i])
		theirs = append(theirs, slices.DeleteFunc(all, func(w ways.Way) bool { return !w.OpensFor(somebody) })...)
	}
	return found{theirs, rules.HasMesh(), rules.Unseen}, nil
}

func (f *accessFlags) print(e *Environment, result found) error {
	for _, note := range result.unseen {
		fmt.Fprintln(e.ErrOut, "note:", note)
	}
	if f.format == "json" || f.format == "yaml" {
		return e.printData(f.format, orEmpty(result.ways))
	}
	shown, programs := result.ways, 0
	if f.format != "wide" && !f.asked() {
		shown = slices.DeleteFunc(slices.Clone(shown), func(w ways.Way) bool { return w.OfTheCluster })
		programs = len(result.ways) - len(shown)
	}
	if len(shown) == 0 {
		fmt.Fprintln(e.ErrOut, "Nowhere.")
	} else if err := printWays(e, shown); err != nil {
		return err
	}
	if !result.mesh {
		fmt.Fprintln(e.ErrOut, "The cluster has no Istio, so that only the network decides who reaches the pods.")
	}
	if programs > 0 {
		fmt.Fprintf(e.ErrOut, "Besides, service accounts have %s in every namespace: see them with -o wide.\n", plural(programs, "role", "roles"))
	}
	return nil
}

func printWays(e *Environment, all []ways.Way) error {
	table := &metav1.Table{ColumnDefinitions: columns("Profile", "Who", "By", "May", "Rule", "Note")}
	for _, w := range all {
		table.Rows = append(table.Rows, row(w.Profile, plain.Text(w.Who), w.By, plain.Text(w.May), plain.Text(w.Rule), plain.Text(w.Note)))
	}
	return printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, e.Out)
}

func orEmpty(all []ways.Way) []ways.Way {
	if all == nil {
		return []ways.Way{}
	}
	return all
}
