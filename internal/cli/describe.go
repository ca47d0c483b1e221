package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

func newDescribe(e *Environment) *cobra.Command {
	return &cobra.Command{
		Use:               "describe NAME",
		Short:             "Show what a Profile owns, who may work there, what is used, and what is wrong",
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
			found, err := takeInventory(c.Context(), cluster, p)
			if err != nil {
				return err
			}
			events, err := latestEvents(c.Context(), cluster, p)
			if err != nil {
				return err
			}
			return description{p, found, events, e.Now(), e.Terminal}.write(e.Out)
		},
	}
}

// description is all that describe shows of one Profile.
type description struct {
	profile *profilev1.Profile
	inventory
	events []eventsv1.Event
	now    time.Time
	// terminal allows colour.
	terminal bool
}

func (d description) write(out io.Writer) error {
	p := d.profile
	ready := conditionOf(p, profilev1.ConditionReady)
	aligned := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(aligned, "Name:\t%s\nOwner:\t%s\nAge:\t%s\nReady:\t%s\n", p.Name, plain.Text(ownerText(p)), d.since(p.CreationTimestamp.Time), d.verdict(ready))
	err := aligned.Flush()
	for _, section := range []struct {
		title string
		lines []string
	}{
		{"Owns", d.tree()},
		{"Contributors", d.contributors()},
		{"Quota", d.quotaLines()},
		{"Cloud identity", d.identities()},
		{"What is wrong", d.troubles()},
		{"Events", d.eventLines()},
	} {
		if len(section.lines) > 0 {
			fmt.Fprintf(out, "\n%s:\n", section.title)
		}
		for _, line := range section.lines {
			fmt.Fprintln(out, "  "+line)
		}
	}
	return err
}

func (d description) since(t time.Time) string {
	return age(metav1.Time{Time: t}, metav1.Time{Time: d.now})
}

func (d description) verdict(ready profilev1.ProfileCondition) string {
	switch {
	case d.profile.DeletionTimestamp != nil:
		return "being deleted for " + d.since(d.profile.DeletionTimestamp.Time)
	case ready.Status == metav1.ConditionTrue && ready.ObservedGeneration < d.profile.Generation:
		return "not yet: the controller has not looked at the latest change"
	case ready.Status == metav1.ConditionTrue:
		return "yes, for " + d.since(ready.LastTransitionTime.Time)
	default:
		return fmt.Sprintf("no (%s)", ready.Reason)
	}
}

// tree shows the namespace with what is in it.
func (d description) tree() []string {
	var lines []string
	for i, o := range d.objects {
		branch := "├─ "
		if i == len(d.objects)-1 {
			branch = "└─ "
		}
		if i == 0 {
			branch = ""
		}
		mark := good
		if !o.good {
			mark = bad
		}
		text := o.kind + "/" + o.name
		if o.state != inPlace {
			text += " (" + o.state + ")"
		}
		lines = append(lines, branch+mark.paint(d.terminal)+" "+plain.Text(text))
	}
	return lines
}

// contributors are those of the namespace, with where each is written down.
func (d description) contributors() []string {
	var lines []string
	for _, c := range d.profile.Spec.Contributors {
		lines = append(lines, plain.Text(fmt.Sprintf("%s as %s (spec.contributors)", subjectText(c.Kind, c.Name), c.Role)))
	}
	for i := range d.bindings {
		b := &d.bindings[i]
		c, err := contributor.Read(b)
		if err != nil || contributor.Declared(b) || ownedBy(b, d.profile.UID) {
			continue
		}
		lines = append(lines, plain.Text(fmt.Sprintf("%s as %s (rolebinding/%s)", subjectText(c.Kind, c.Name), c.Role, b.Name)))
	}
	return lines
}

// subjectText is a user's name, or another kind and a name.
func subjectText(kind, name string) string {
	if kind == rbacv1.UserKind {
		return name
	}
	return kind + ":" + name
}

func (d description) quotaLines() []string {
	switch {
	case d.quota != nil && len(d.quota.Status.Hard) > 0:
		return quotaLines(d.quota)
	case d.quota != nil:
		return []string{"set; the cluster has not counted yet"}
	default:
		return nil
	}
}

func (d description) identities() []string {
	var lines []string
	for _, identity := range d.profile.Status.Identities {
		lines = append(lines, plain.Text(fmt.Sprintf("%s → %s (%s, %s)", identity.ServiceAccount, identity.Identity, identity.Plugin, d.verified(identity))))
	}
	if ready := conditionOf(d.profile, profilev1.ConditionIdentityReady); len(lines) > 0 && ready.Status == metav1.ConditionTrue {
		lines = append(lines, "in place for "+d.since(ready.LastTransitionTime.Time))
	}
	return lines
}

// verified says how far a binding has come, and when the controller last saw it in the cloud.
func (d description) verified(identity profilev1.IdentityBinding) string {
	switch {
	case identity.Phase != profilev1.IdentityBound:
		return string(identity.Phase)
	case identity.LastVerifiedTime == nil:
		return "Bound, not verified by the controller"
	default:
		return "Bound, verified " + d.since(identity.LastVerifiedTime.Time) + " ago"
	}
}

// troubles are the conditions that are not True, which say what to do.
func (d description) troubles() []string {
	var lines []string
	for _, c := range d.profile.Status.Conditions {
		if c.Status != metav1.ConditionTrue && c.Type != profilev1.ConditionReady {
			lines = append(lines, fmt.Sprintf("%s %s (%s): %s", signOf(c.Status).paint(d.terminal), c.Type, c.Reason, plain.Text(c.Message)))
		}
	}
	if len(d.profile.Status.Conditions) == 0 {
		lines = append(lines, unknown.paint(d.terminal)+" "+conditionOf(d.profile, profilev1.ConditionReady).Message)
	}
	return lines
}

// mostEvents is how many Events are shown, the latest ones.
const mostEvents = 5

func latestEvents(ctx context.Context, cluster client.Client, p *profilev1.Profile) ([]eventsv1.Event, error) {
	var list eventsv1.EventList
	// Events about what has no namespace are kept in the namespace default.
	err := cluster.List(ctx, &list, client.InNamespace(metav1.NamespaceDefault),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("regarding.name", p.Name)})
	if err != nil {
		return nil, fmt.Errorf("list the events of profile %s: %w", p.Name, err)
	}
	events := slices.DeleteFunc(list.Items, func(e eventsv1.Event) bool {
		return e.Regarding.Kind != "Profile" || e.Regarding.UID != p.UID
	})
	slices.SortFunc(events, func(a, b eventsv1.Event) int { return lastSeen(a).Compare(lastSeen(b)) })
	return events[max(0, len(events)-mostEvents):], nil
}

func lastSeen(e eventsv1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	default:
		return e.CreationTimestamp.Time
	}
}

func (d description) eventLines() []string {
	var lines []string
	for _, e := range d.events {
		lines = append(lines, plain.Text(strings.TrimSpace(fmt.Sprintf("%s ago  %s  %s", d.since(lastSeen(e)), e.Reason, e.Note))))
	}
	return lines
}
