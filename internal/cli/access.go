package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
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

With --user and --group, show where that user and these groups can get in.`,
		Example: `  kubectl profile access vision
  kubectl profile access --user ben@example.com --group vision`,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			ways, err := f.find(c, e, arguments)
			if err != nil {
				return err
			}
			return f.print(e, ways)
		},
	}
	c.Flags().StringVar(&f.user, "user", "", "Show where this user can get in.")
	c.Flags().StringSliceVar(&f.groups, "group", nil, "Show where members of this group can get in. May be given several times.")
	c.Flags().StringVarP(&f.format, "output", "o", "", "Output format: json or yaml; by default a table.")
	return c
}

func (f *accessFlags) find(c *cobra.Command, e *Environment, arguments []string) ([]Way, error) {
	asked := f.user != "" || len(f.groups) > 0
	switch {
	case f.format != "" && f.format != "json" && f.format != "yaml":
		return nil, misused("-o is %q; it must be json or yaml", f.format)
	case asked && len(arguments) > 0:
		return nil, misused("give the name of a Profile, or --user and --group, not both")
	case !asked:
		if err := oneName(c, arguments); err != nil {
			return nil, err
		}
	}
	cluster, err := e.Connect()
	if err != nil {
		return nil, err
	}
	if asked {
		return whereSomebodyGetsIn(c.Context(), cluster, f.user, f.groups)
	}
	p, err := readProfile(c.Context(), cluster, arguments[0])
	if err != nil {
		return nil, err
	}
	all, err := waysOf(c.Context(), cluster, []profilev1.Profile{*p}, client.InNamespace(p.Name))
	return halfOpen(all), err
}

// whereSomebodyGetsIn looks through all Profiles.
func whereSomebodyGetsIn(ctx context.Context, cluster client.Client, user string, groups []string) ([]Way, error) {
	var profiles profilev1.ProfileList
	if err := cluster.List(ctx, &profiles); err != nil {
		return nil, err
	}
	all, err := waysOf(ctx, cluster, profiles.Items)
	return slices.DeleteFunc(all, func(w Way) bool { return !w.opensFor(user, groups) }), err
}

// opensFor tells whether a way is for a user or for members of groups. In mesh policies a
// user's name may have the gateway's prefix.
func (w Way) opensFor(user string, groups []string) bool {
	if user != "" && (w.Who == user || w.By == "mesh" && strings.HasSuffix(w.Who, ":"+user)) {
		return true
	}
	if w.Who == "anybody" && w.Rule == noPolicy {
		return true
	}
	return slices.ContainsFunc(groups, func(group string) bool { return w.Who == "Group:"+group })
}

// waysOf reads the rules of Profiles, within the options given, and lists the ways.
func waysOf(ctx context.Context, cluster client.Client, profiles []profilev1.Profile, within ...client.ListOption) ([]Way, error) {
	var bindings rbacv1.RoleBindingList
	var clusterBindings rbacv1.ClusterRoleBindingList
	var policies istiov1beta1.AuthorizationPolicyList
	for _, list := range []client.ObjectList{&bindings, &policies} {
		if err := cluster.List(ctx, list, within...); err != nil && !meta.IsNoMatchError(err) {
			return nil, fmt.Errorf("read the rules: %w", err)
		}
	}
	if err := cluster.List(ctx, &clusterBindings); err != nil {
		return nil, fmt.Errorf("read the rules of the whole cluster: %w", err)
	}
	var ways []Way
	for i := range profiles {
		p := &profiles[i]
		ways = append(ways, rbacWays(p.Name, slices.DeleteFunc(slices.Clone(bindings.Items), func(b rbacv1.RoleBinding) bool { return b.Namespace != p.Name }))...)
		ways = append(ways, clusterWays(p.Name, clusterBindings.Items)...)
		ways = append(ways, meshWays(p.Name, slices.DeleteFunc(slices.Clone(policies.Items), func(a *istiov1beta1.AuthorizationPolicy) bool { return a.Namespace != p.Name }))...)
		ways = append(ways, cloudWays(p)...)
	}
	return ways, nil
}

func (f *accessFlags) print(e *Environment, ways []Way) error {
	if f.format != "" {
		return e.printData(f.format, orEmpty(ways))
	}
	if len(ways) == 0 {
		fmt.Fprintln(e.ErrOut, "Nowhere.")
		return nil
	}
	table := &metav1.Table{ColumnDefinitions: columns("Profile", "Who", "By", "May", "Rule", "Note")}
	for _, w := range ways {
		table.Rows = append(table.Rows, row(w.Profile, w.Who, w.By, w.May, w.Rule, w.Note))
	}
	return printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, e.Out)
}

func orEmpty(ways []Way) []Way {
	if ways == nil {
		return []Way{}
	}
	return ways
}
