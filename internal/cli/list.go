package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
)

func newList(e *Environment) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List all Profiles and whether they are ready",
		Args:    noNames,
		RunE: func(c *cobra.Command, _ []string) error {
			cluster, err := e.Connect()
			if err != nil {
				return err
			}
			var profiles profilev1.ProfileList
			if err := cluster.List(c.Context(), &profiles); err != nil {
				return err
			}
			return o.print(e, &profiles, func(bool) *metav1.Table { return listTable(profiles.Items, metav1.Time{Time: e.Now()}) })
		},
	}
	o.add(c)
	return c
}

// listTable shows one Profile a row, the ones that are not ready with the reason.
func listTable(profiles []profilev1.Profile, now metav1.Time) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: columns("Name", "Owner", "Ready", "Reason", "Age", "Contributors+", "Plugins+", "Message+")}
	for i := range profiles {
		p := &profiles[i]
		ready := doctor.Verdict(p)
		table.Rows = append(table.Rows, row(p.Name, ownerText(p), string(ready.Status), ready.Reason, age(p.CreationTimestamp, now),
			len(p.Spec.Contributors), orNone(pluginKinds(p)), ready.Message))
	}
	return table
}

// conditionOf returns a condition of a Profile; one that nobody has reported yet is Unknown.
func conditionOf(p *profilev1.Profile, of profilev1.ConditionType) profilev1.ProfileCondition {
	return doctor.Condition(p, of)
}

// ownerText is the owner's name, with its kind unless that is User.
func ownerText(p *profilev1.Profile) string {
	owner := p.Spec.Owner
	switch owner.Kind {
	case rbacv1.ServiceAccountKind:
		return owner.Kind + ":" + owner.Namespace + "/" + owner.Name
	case rbacv1.UserKind, "":
		return owner.Name
	default:
		return owner.Kind + ":" + owner.Name
	}
}

func pluginKinds(p *profilev1.Profile) string {
	var kinds []string
	for _, plugin := range p.Spec.Plugins {
		kinds = append(kinds, plugin.Kind)
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), ",")
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}

func age(since, now metav1.Time) string {
	if since.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(since.Time))
}
