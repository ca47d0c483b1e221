package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

const createExample = `  # A room for Ann, with a quota, and wait until she can work in it
  kubectl profile create ann --owner ann@example.com --quota cpu=4,memory=8Gi --wait

  # A team's room, owned by a group, with an AWS role and a contributor
  kubectl profile create vision --owner Group:vision --aws-role arn:aws:iam::123456789012:role/profiles/vision --contributor edit=ben@example.com

  # The manifest, for git
  kubectl profile create ann --owner ann@example.com --dry-run=client -o yaml`

type creation struct {
	wishes  profileWishes
	output  output
	dryRun  dryRun
	wait    bool
	timeout time.Duration
}

func newCreate(e *Environment) *cobra.Command {
	var n creation
	c := &cobra.Command{
		Use:   "create NAME --owner OWNER",
		Short: "Create a Profile",
		Long: `Create a Profile. One that is there already, with all that is asked for, stays as it is: the command can be run
again, with --wait also to go on waiting. One that is otherwise is left alone, and you are told what differs.`,
		Example: createExample,
		Args:    oneName,
		RunE: func(c *cobra.Command, arguments []string) error {
			p, err := n.wishes.profile(arguments[0])
			if err != nil {
				return err
			}
			return n.run(c.Context(), e, p)
		},
	}
	n.wishes.add(c.Flags())
	n.output.add(c)
	n.dryRun.add(c.Flags())
	c.Flags().BoolVar(&n.wait, "wait", false, "Wait until the Profile is ready, and show how it gets there.")
	c.Flags().DurationVar(&n.timeout, "timeout", 2*time.Minute, "How long --wait waits.")
	return c
}

func (n *creation) run(ctx context.Context, e *Environment, p *profilev1.Profile) error {
	if n.dryRun.local() {
		return n.tell(e, p, "created")
	}
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	p, done, err := n.send(ctx, cluster, p)
	if err != nil {
		return err
	}
	if !n.wait || n.dryRun.server() {
		return n.tell(e, p, done)
	}
	return n.await(ctx, e, cluster, p.Name, done)
}

// send has the API server store the Profile, and returns what it has then.
func (n *creation) send(ctx context.Context, cluster client.Client, wanted *profilev1.Profile) (_ *profilev1.Profile, done string, err error) {
	options := []client.CreateOption{client.FieldOwner(fieldManager)}
	if n.dryRun.server() {
		options = append(options, client.DryRunAll)
	}
	p := wanted.DeepCopy()
	if err := cluster.Create(ctx, p, options...); !apierrors.IsAlreadyExists(err) {
		return p, "created", err
	}
	if p, err = readProfile(ctx, cluster, wanted.Name); err != nil {
		return nil, "", err
	}
	if p.DeletionTimestamp != nil {
		return nil, "", fmt.Errorf("profile %s is being deleted. To wait until it is gone: kubectl profile delete %s --yes --wait", p.Name, p.Name)
	}
	if missing := differences(p, wanted); len(missing) > 0 {
		return nil, "", unlikeError(p.Name, missing)
	}
	return p, "unchanged", nil
}

// unlikeError tells that there is a Profile of that name which is not what is wanted.
func unlikeError(name string, missing []string) error {
	text := "profile " + name + " is there already, and is not what you ask for:"
	for _, line := range missing {
		text += "\n  - " + plain.Text(line)
	}
	return errors.New(text)
}

// await shows the way to a ready Profile. Where the Profile itself is asked for, nothing else is printed.
func (n *creation) await(ctx context.Context, e *Environment, cluster client.WithWatch, name, done string) error {
	quiet := n.output.asked()
	v := vigil{cluster: cluster, name: name, timeout: n.timeout, show: func(c profilev1.ProfileCondition) {
		if e.Progress && !quiet {
			fmt.Fprintf(e.Out, "  %s %s: %s\n", e.mark(c.Status), c.Type, plain.Text(c.Message))
		}
	}}
	if !quiet {
		e.said(name, done)
	}
	p, err := v.await(ctx)
	if err != nil {
		return err
	}
	return n.tell(e, p, "is ready")
}

// tell prints what was done, or the Profile where that is asked for.
func (n *creation) tell(e *Environment, p *profilev1.Profile, done string) error {
	if !n.output.asked() {
		e.said(p.Name, n.dryRun.said(done))
		return nil
	}
	shown, err := manifest(p)
	if err != nil {
		return err
	}
	return n.output.print(e, shown, func(bool) *metav1.Table {
		return listTable([]profilev1.Profile{*p}, metav1.Time{Time: e.Now()})
	})
}

// manifest is a Profile as people write it down, without parts that are empty.
func manifest(p *profilev1.Profile) (*unstructured.Unstructured, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(p)
	if err != nil {
		return nil, err
	}
	m := &unstructured.Unstructured{Object: fields}
	m.SetGroupVersionKind(profilev1.GroupVersion.WithKind("Profile"))
	for _, path := range [][]string{{"spec", "resourceQuotaSpec"}, {"status"}} {
		if part, _, err := unstructured.NestedMap(fields, path...); err == nil && len(part) == 0 {
			unstructured.RemoveNestedField(fields, path...)
		}
	}
	return m, nil
}
