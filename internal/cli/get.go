package cli

import (
	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func newGet(e *Environment) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:               "get NAME",
		Short:             "Show one Profile",
		Args:              oneName,
		ValidArgsFunction: e.completeProfiles,
		RunE: func(c *cobra.Command, arguments []string) error {
			cluster, err := e.Connect()
			if err != nil {
				return err
			}
			p, err := readProfile(c.Context(), cluster, arguments[0])
			if err != nil {
				return err
			}
			return o.print(e, p, func(bool) *metav1.Table {
				return listTable([]profilev1.Profile{*p}, metav1.Time{Time: e.Now()})
			})
		},
	}
	o.add(c)
	return c
}
