package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func newTransfer(e *Environment) *cobra.Command {
	var owner string
	var dryRun dryRun
	c := &cobra.Command{
		Use:   "transfer NAME --owner OWNER",
		Short: "Hand a Profile over to another owner",
		Long: `Hand a Profile over to another owner. The former one loses access, unless they are a contributor;
everything that runs in the namespace goes on running.`,
		Example:           "  kubectl profile transfer vision --owner carla@example.com",
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			wanted, err := parseOwner(owner)
			if err != nil {
				return err
			}
			cluster, err := e.Connect()
			if err != nil {
				return err
			}
			var former, present string
			changed, err := changeProfile(c.Context(), cluster, arguments[0], dryRun, func(p *profilev1.Profile) (bool, error) {
				same := p.Spec.Owner.Kind == wanted.Kind && p.Spec.Owner.Name == wanted.Name && p.Spec.Owner.Namespace == wanted.Namespace
				former = ownerText(p)
				p.Spec.Owner = wanted
				present = ownerText(p)
				return !same, nil
			})
			if err != nil {
				return err
			}
			if !changed {
				e.said(arguments[0], dryRun.said("unchanged: it belongs to "+present))
				return nil
			}
			e.said(arguments[0], dryRun.said(fmt.Sprintf("transferred from %s to %s", former, present)))
			return nil
		},
	}
	c.Flags().StringVar(&owner, "owner", "", "The new owner: a user's name, Group:NAME or ServiceAccount:NAMESPACE/NAME. Required.")
	dryRun.add(c.Flags())
	return c
}
