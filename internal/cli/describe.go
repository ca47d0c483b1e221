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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func newDescribe(e *Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "describe NAME",
		Short: "Show what a Profile owns, who may work there, what is used, and what is wrong",
		Long: `Show what a Profile owns and how that stands, who may work there, how much of the quota is used, the cloud identities,
what is wrong and what to do, what holds a deletion, and the last Events. What you may not read is left out, with a
note. This is text for people; for data use kubectl profile get NAME -o yaml, and kubectl profile access NAME -o json.`,
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
			d := description{profile: p, inventory: found, now: e.Now(), terminal: e.Terminal}
			d.events, err = latestEvents(c.Context(), cluster, p)
			if d.eventsHidden = apierrors.IsForbidden(err); err != nil && !d.eventsHidden {
				return err
			}
			return d.write(e.Out)
		},
	}
}

// description is all that describe shows of one Profile.
type description struct {
	profile *profilev1.Profile
	inventory
	events []eventsv1.Event
	// eventsHidden is true when one may not list them.
	eventsHidden bool
	now          time.Time
	// terminal allows colour.
	terminal bool
}

func (d description) write(out io.Writer) error {
	p := d.profile
	aligned := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(aligned, "Name:\t%s\nOwner:\t%s\nAge:\t%s\nReady:\t%s\n", p.Name, plain.Text(ownerText(p)), d.since(p.CreationTimestamp.Time), d.verdict())
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
		{"What holds the deletion", d.holders()},
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

func (d description) verdict() string {
	switch ready := doctor.Verdict(d.profile); {
	case ready.Reason == doctor.Terminating:
		return "being deleted for " + d.since(d.profile.DeletionTimestamp.Time)
	case ready.Reason == doctor.OutOfDate:
		return "not yet: the controller has not looked at the latest change"
	case ready.Status == metav1.ConditionTrue:
		return "yes, for " + d.since(ready.LastTransitionTime.Time)
	case ready.Reason == "":
		return "no"
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
		text := o.text()
		if o.state != inPlace {
			text += " (" + o.state + ")"
		}
		lines = append(lines, branch+o.mark.paint(d.terminal)+" "+plain.Text(text))
	}
	return lines
}

// contributors are those of the namespace, with where each is written down.
func (d description) contributors() []string {
	var lines []string
	for _, c := range d.profile.Spec.Contributors {
		lines = append(lines, plain.Text(fmt.Sprintf("%s as %s (spec.contributors%s)", subjectText(c.Kind, c.Name), c.Role, d.lacking(c))))
	}
	for _, g := range granted(d.profile, d.bindings) {
		lines = append(lines, plain.Text(fmt.Sprintf("%s as %s (rolebinding/%s)", subjectText(g.Kind, g.Name), g.Role, g.binding)))
	}
	if d.bindingsHidden {
		lines = append(lines, "who was added in the dashboard: you may not list role bindings")
	}
	return lines
}

// lacking says what a contributor of spec.contributors needs and does not have.
func (d description) lacking(declared profilev1.Contributor) string {
	c := contributor.Contributor{Namespace: d.profile.Name, Kind: declared.Kind, Name: declared.Name, Role: tenancy.Role(declared.Role)}
	if err := c.Check(); err != nil {
		return ", refused: " + err.Error()
	}
	text := ""
	for _, o := range d.objects {
		if o.name == contributor.ObjectName(c) && o.mark == bad {
			text += ", " + o.kind + " " + o.state
		}
	}
	return text
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
	if d.eventsHidden {
		return []string{"you may not list them"}
	}
	var lines []string
	for _, e := range d.events {
		lines = append(lines, plain.Text(strings.TrimSpace(fmt.Sprintf("%s ago  %s  %s", d.since(lastSeen(e)), e.Reason, e.Note))))
	}
	return lines
}
