package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/cli/ways"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// contributorFlags name one contributor.
type contributorFlags struct {
	user, group, role string
}

func (f *contributorFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.user, "user", "", "Name of the user.")
	c.Flags().StringVar(&f.group, "group", "", "Name of the group.")
	c.Flags().StringVar(&f.role, "role", "", "admin, edit or view.")
}

// subject is who was named.
func (f *contributorFlags) subject() (kind, name string, err error) {
	switch {
	case (f.user == "") == (f.group == ""):
		return "", "", misused("name one user or one group: --user USER or --group GROUP")
	case f.group != "":
		return rbacv1.GroupKind, f.group, nil
	default:
		return rbacv1.UserKind, f.user, nil
	}
}

func newShare(e *Environment) *cobra.Command {
	var f contributorFlags
	var dryRun dryRun
	c := &cobra.Command{
		Use:   "share NAME --user USER|--group GROUP --role ROLE",
		Short: "Let somebody work in a Profile's namespace",
		Long: `Let a user or a group work in a Profile's namespace, as admin, edit or view.

The contributor is written into the Profile (spec.contributors). Whoever has another role there gets this one instead.`,
		Example: `  kubectl profile share vision --user ben@example.com --role edit
  kubectl profile share vision --group auditors --role view`,
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			kind, name, err := f.subject()
			if err != nil {
				return err
			}
			if _, known := tenancy.Role(f.role).ClusterRole(); !known {
				return misused("--role is %q; it must be admin, edit or view", f.role)
			}
			cluster, err := e.Connect()
			if err != nil {
				return err
			}
			var done string
			_, err = changeProfile(c.Context(), cluster, arguments[0], dryRun, func(p *profilev1.Profile) (changed bool, err error) {
				p.Spec.Contributors, done = shared(p.Spec.Contributors, profilev1.Contributor{Kind: kind, Name: name, Role: f.role})
				return done != "unchanged", nil
			})
			if err != nil {
				return err
			}
			e.said(arguments[0], dryRun.said(fmt.Sprintf("%s (%s %s: %s)", done, kind, name, f.role)))
			return nil
		},
	}
	f.add(c)
	dryRun.add(c.Flags())
	return c
}

// shared returns the contributors with one of them in just the role wanted.
func shared(contributors []profilev1.Contributor, wanted profilev1.Contributor) (after []profilev1.Contributor, done string) {
	before := len(contributors)
	after = slices.DeleteFunc(slices.Clone(contributors), func(c profilev1.Contributor) bool {
		return c.Kind == wanted.Kind && c.Name == wanted.Name && c.Role != wanted.Role
	})
	switch {
	case slices.Contains(after, wanted) && len(after) == before:
		return contributors, "unchanged"
	case slices.Contains(after, wanted):
		return after, "shared in this role only"
	case len(after) < before:
		return append(after, wanted), "shared in another role"
	default:
		return append(after, wanted), "shared"
	}
}

func newUnshare(e *Environment) *cobra.Command {
	var f contributorFlags
	var dryRun dryRun
	c := &cobra.Command{
		Use:   "unshare NAME --user USER|--group GROUP [--role ROLE]",
		Short: "Take a contributor out of a Profile",
		Long: `Take a contributor out of a Profile (spec.contributors), in all roles or in one.

Who was added in the dashboard is not in the Profile; take them out there. When somebody still has access by a
RoleBinding in the namespace, the exit code is 1, and the message says how to take it away.`,
		Example:           "  kubectl profile unshare vision --user ben@example.com",
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			kind, name, err := f.subject()
			if err != nil {
				return err
			}
			if _, known := tenancy.Role(f.role).ClusterRole(); !known && f.role != "" {
				return misused("--role is %q; it must be admin, edit or view", f.role)
			}
			cluster, err := e.Connect()
			if err != nil {
				return err
			}
			var profile *profilev1.Profile
			changed, err := changeProfile(c.Context(), cluster, arguments[0], dryRun, func(p *profilev1.Profile) (bool, error) {
				profile = p
				before := len(p.Spec.Contributors)
				p.Spec.Contributors = slices.DeleteFunc(p.Spec.Contributors, func(c profilev1.Contributor) bool {
					return c.Kind == kind && c.Name == name && (f.role == "" || c.Role == f.role)
				})
				return len(p.Spec.Contributors) < before, nil
			})
			if err != nil {
				return err
			}
			left := e.stillIn(c.Context(), cluster, profile, ways.Leaver{Kind: kind, Name: name, Role: f.role})
			switch {
			case changed:
				e.said(profile.Name, dryRun.said(fmt.Sprintf("no longer shared with %s %s", kind, name)))
			case left == nil:
				e.said(profile.Name, dryRun.said(fmt.Sprintf("unchanged: %s %s is no contributor that it names; see: kubectl profile access %s", kind, name, profile.Name)))
			}
			return left
		},
	}
	f.add(c)
	dryRun.add(c.Flags())
	return c
}

// stillIn is the error that says by what somebody who was taken out still gets in, or nil. In a
// namespace that is somebody else's the Profile gives no access; and who may not look is told so.
func (e *Environment) stillIn(ctx context.Context, cluster client.Client, p *profilev1.Profile, who ways.Leaver) error {
	namespace := &corev1.Namespace{}
	if err := cluster.Get(ctx, client.ObjectKey{Name: p.Name}, namespace); err == nil && !ownedBy(namespace, p.UID) {
		return nil
	}
	err := ways.StillIn(ctx, cluster, p, who)
	if apierrors.IsForbidden(err) {
		fmt.Fprintf(e.ErrOut, "note: you may not look whether %s %s still has access otherwise; who may: kubectl profile access %s\n", who.Kind, plain.Text(who.Name), p.Name)
		return nil
	}
	return err
}
