package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// noon is when all tests take place.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// terminal is a person's terminal and a cluster.
type terminal struct {
	t       *testing.T
	cluster client.WithWatch
	*Environment
	in       bytes.Buffer
	out, err bytes.Buffer
}

// open opens a terminal at a cluster that holds these objects.
func open(t *testing.T, objects ...client.Object) *terminal {
	t.Helper()
	term := &terminal{t: t, cluster: fake.NewClientBuilder().WithScheme(Scheme()).WithStatusSubresource(&profilev1.Profile{}).
		WithIndex(&eventsv1.Event{}, "regarding.name", func(o client.Object) []string { return []string{o.(*eventsv1.Event).Regarding.Name} }).
		WithObjects(objects...).Build()}
	term.Environment = &Environment{
		IOStreams:  genericiooptions.IOStreams{In: &term.in, Out: &term.out, ErrOut: &term.err},
		Now:        func() time.Time { return noon },
		Kubeconfig: genericclioptions.NewConfigFlags(true),
		Connect:    func() (client.WithWatch, error) { return term.cluster, nil },
	}
	return term
}

// run runs a command line, which is split at spaces, and returns the exit code.
func (term *terminal) run(line string) int {
	term.t.Helper()
	return term.runIn(term.t.Context(), line)
}

// runIn is run in a context that may end.
func (term *terminal) runIn(ctx context.Context, line string) int {
	term.t.Helper()
	term.out.Reset()
	term.err.Reset()
	return Main(ctx, term.Environment, strings.Fields(line))
}

// prints runs a command line that must go well and print just this. The first line break
// of want is not part of it, so that it can be written as a block.
func (term *terminal) prints(line, want string) {
	term.t.Helper()
	if code := term.run(line); code != 0 {
		term.t.Errorf("%s: exit code %d: %s", line, code, term.err.String())
	}
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), term.out.String()); diff != "" {
		term.t.Errorf("%s prints (-want +got):\n%s", line, diff)
	}
}

// fails runs a command line that must end with this code and say this.
func (term *terminal) fails(line string, code int, says string) {
	term.t.Helper()
	if got := term.run(line); got != code {
		term.t.Errorf("%s: exit code %d, want %d", line, got, code)
	}
	if !strings.Contains(term.err.String(), says) {
		term.t.Errorf("%s says %q, want %q", line, term.err.String(), says)
	}
}

// profileBuilder makes Profiles for tests.
type profileBuilder struct{ p *profilev1.Profile }

// makeProfile begins a Profile that is two days old and belongs to a user.
func makeProfile(name, owner string) profileBuilder {
	return profileBuilder{&profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: "6f0c1b1e-0000-0000-0000-000000000001", Generation: 1, CreationTimestamp: metav1.NewTime(noon.Add(-48 * time.Hour))},
		Spec:       profilev1.ProfileSpec{Owner: rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: "User", Name: owner}},
	}}
}

func (b profileBuilder) obj() *profilev1.Profile { return b.p }

func (b profileBuilder) owner(kind, name string) profileBuilder {
	b.p.Spec.Owner.Kind, b.p.Spec.Owner.Name = kind, name
	return b
}

func (b profileBuilder) contributor(kind, name, role string) profileBuilder {
	b.p.Spec.Contributors = append(b.p.Spec.Contributors, profilev1.Contributor{Kind: kind, Name: name, Role: role})
	return b
}

func (b profileBuilder) plugin(kind string) profileBuilder {
	b.p.Spec.Plugins = append(b.p.Spec.Plugins, profilev1.Plugin{Kind: kind})
	return b
}

func (b profileBuilder) condition(of profilev1.ConditionType, status metav1.ConditionStatus, reason, message string) profileBuilder {
	b.p.Status.Conditions = append(b.p.Status.Conditions, profilev1.ProfileCondition{Type: of, Status: status, Reason: reason, Message: message,
		ObservedGeneration: b.p.Generation, LastTransitionTime: metav1.NewTime(noon.Add(-time.Hour))})
	return b
}

func (b profileBuilder) ready() profileBuilder {
	return b.condition(profilev1.ConditionReady, metav1.ConditionTrue, profilev1.ReasonReady, "Everything that the Profile asks for is in place.")
}
