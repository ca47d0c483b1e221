package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

type awsAudit struct {
	awsFlags
	fix, yes bool
	keep     []string
	format   string
	dryRun   dryRun
}

func newAWSAudit(e *Environment) *cobra.Command {
	var a awsAudit
	c := &cobra.Command{
		Use:   "audit",
		Short: "Look for AWS roles that let in whom they should not",
		Long: `Look through all roles of the account that take tokens of this cluster: which are open to every service account, which
name accounts that are gone, which have wildcards, and how full their trust policies are. The exit code is 1 when
something is wrong.

With --fix, open roles are closed to all but those whom a Profile names for them, and accounts that are gone are taken
out. You are shown what will be changed, and asked. Wildcards are somebody's decision and are left alone. What is left
is told in the end, and then too the exit code is 1.`,
		Example: `  kubectl profile aws audit
  kubectl profile aws audit --fix --dry-run
  kubectl profile aws audit --fix --keep tools/builder`,
		Args: noNames,
		RunE: func(c *cobra.Command, _ []string) error { return a.run(c.Context(), e) },
	}
	a.add(c.Flags())
	c.Flags().StringVarP(&a.format, "output", "o", "", "Output format. One of: (wide, json, yaml). wide also names who may have each role.")
	c.Flags().BoolVar(&a.fix, "fix", false, "Close open roles, and take out who is gone.")
	c.Flags().StringSliceVar(&a.keep, "keep", nil, "Service accounts, as NAMESPACE/NAME, that keep the open roles that they are annotated with. May be given several times.")
	c.Flags().BoolVarP(&a.yes, "yes", "y", false, "Do not ask.")
	a.dryRun.addLocal(c.Flags())
	return c
}

func (a *awsAudit) run(ctx context.Context, e *Environment) error {
	keep, err := a.check()
	if err != nil {
		return err
	}
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	w, err := a.world(ctx, e)
	if err != nil {
		return err
	}
	tenants, err := awsroles.ReadTenants(ctx, cluster)
	if err != nil {
		return err
	}
	roles, err := awsroles.ListRoles(ctx, w.iam)
	if err != nil {
		return err
	}
	limit := awsroles.TrustPolicyLimit(ctx, w.iam)
	all := []awsroles.Audited{}
	for _, role := range roles {
		if audited, trusts := awsroles.Audit(role, w.provider, limit, tenants); trusts {
			all = append(all, audited)
		}
	}
	if a.fix {
		return a.clean(ctx, e, w, tenants, all, keep)
	}
	return a.report(e, w, all)
}

// keeper is who shall keep a role: as written behind --keep, and as a subject.
type keeper struct{ text, subject string }

// check reads the flags and returns whom --keep names.
func (a *awsAudit) check() ([]keeper, error) {
	switch {
	case !slices.Contains([]string{"", "wide", "json", "yaml"}, a.format):
		return nil, misused("-o is %q; it must be wide, json or yaml", a.format)
	case a.fix && a.format != "":
		return nil, misused("-o is for looking; leave it out with --fix")
	case !a.fix && (a.yes || len(a.keep) > 0 || a.dryRun.local()):
		return nil, misused("--yes, --keep and --dry-run go with --fix")
	}
	var keep []keeper
	for _, text := range a.keep {
		namespace, name, both := strings.Cut(text, "/")
		if !both {
			return nil, misused("--keep %s: write NAMESPACE/NAME", text)
		}
		keep = append(keep, keeper{text, trustpolicy.Subject(namespace, name)})
	}
	return keep, a.dryRun.refuseServer()
}

// report prints what was found, and is an error when something is wrong.
func (a *awsAudit) report(e *Environment, w *awsWorld, all []awsroles.Audited) error {
	wrong, fixable := 0, false
	for _, role := range all {
		if len(role.Problems()) > 0 {
			wrong++
		}
		fixable = fixable || role.Fixable()
	}
	if err := a.print(e, w, all); err != nil || wrong == 0 {
		return err
	}
	err := fmt.Errorf("something is wrong with %d of %s", wrong, plural(len(all), "role", "roles"))
	if fixable {
		err = fmt.Errorf("%w\nTo close what is open and take out who is gone: kubectl profile aws audit --fix --dry-run", err)
	}
	return err
}

func (a *awsAudit) print(e *Environment, w *awsWorld, all []awsroles.Audited) error {
	if a.format == "json" || a.format == "yaml" {
		return e.printData(a.format, all)
	}
	if len(all) == 0 {
		fmt.Fprintf(e.Out, "No role in account %s takes tokens of %s.\n", w.account.ID, w.provider.Issuer)
		return nil
	}
	for _, role := range all {
		printAudited(e, role, a.format == "wide")
	}
	return nil
}

// printAudited prints what was found of one role, and in a wide report who may have it.
func printAudited(e *Environment, role awsroles.Audited, wide bool) {
	fmt.Fprintf(e.Out, "%s: %s, %d of %d characters\n", role.Role, plural(len(role.Subjects), "service account", "service accounts"), role.Size, role.Limit)
	for _, problem := range role.Problems() {
		fmt.Fprintf(e.Out, "  %s %s\n", bad.paint(e.Terminal), plain.Text(problem))
	}
	if !wide {
		return
	}
	for _, subject := range role.Subjects {
		fmt.Fprintf(e.Out, "  %s %s\n", good.paint(e.Terminal), plain.Text(subject))
	}
	for _, subject := range role.Conditional {
		fmt.Fprintf(e.Out, "  %s %s, by a statement with further conditions, or an open one\n", unknown.paint(e.Terminal), plain.Text(subject))
	}
}
