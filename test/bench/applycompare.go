package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// comparedProfiles is how many Profiles' objects compareApply writes, five for each.
const comparedProfiles = 1000

// writer is a way to bring a new object into the cluster.
type writer struct {
	name  string
	write func(context.Context, client.Client, client.Object) error
}

var writers = []writer{
	{"create", func(ctx context.Context, c client.Client, o client.Object) error {
		return c.Create(ctx, o, client.FieldOwner("bench"))
	}},
	{"create as JSON", func(ctx context.Context, c client.Client, o client.Object) error {
		content, err := asUnstructured(o, c.Scheme())
		if err != nil {
			return err
		}
		return c.Create(ctx, content, client.FieldOwner("bench"))
	}},
	{"apply", func(ctx context.Context, c client.Client, o client.Object) error {
		content, err := asUnstructured(o, c.Scheme())
		if err != nil {
			return err
		}
		return c.Apply(ctx, client.ApplyConfigurationFromUnstructured(content), client.FieldOwner("bench"), client.ForceOwnership)
	}},
}

// compareApply writes the same new objects by each writer in turn, each time on a fresh
// control plane, and prints one line for each. It tells what server-side apply costs
// where one could also create.
func compareApply(ctx context.Context, o options, output io.Writer, say progress) error {
	took := map[string][]figures{}
	for i := range o.runs {
		for _, w := range writers {
			say("run %d of %d: %s", i+1, o.runs, w.name)
			var f figures
			err := onFreshControlPlane(ctx, comparedProfiles, o.patience, say, func(s *stage) error { return s.measureWriter(ctx, w, &f) })
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			took[w.name] = append(took[w.name], f)
		}
	}
	for _, w := range writers {
		c := column{runs: took[w.name]}
		fmt.Fprintf(output, "%-15s %s s, processor time of the control plane %s s, other programs' share %s\n", w.name+":",
			c.spread(func(f figures) float64 { return f.Bare }).text(seconds, o.runs),
			c.spread(func(f figures) float64 { return f.BareControlPlaneCPU }).text(seconds, o.runs),
			c.spread(func(f figures) float64 { return 100 * f.BareDisturbed }).text(percent, o.runs))
	}
	return nil
}

// measureWriter writes two ServiceAccounts, two RoleBindings and a ResourceQuota for each
// Profile. The Profiles and their namespaces are made beforehand.
func (s *stage) measureWriter(ctx context.Context, w writer, f *figures) error {
	var lock sync.Mutex
	var objects []client.Object
	err := forEach(ctx, s.names, func(ctx context.Context, name string) error {
		p := newProfile(name)
		if err := s.client.Create(ctx, p); err != nil {
			return err
		}
		lock.Lock()
		objects = append(objects, comparedObjects(p)...)
		lock.Unlock()
		return s.client.Create(ctx, desired.Namespace(p, settings, defaultLabels, nil))
	})
	if err != nil {
		return err
	}
	if err := errors.Join(s.settle(ctx), s.quiet(ctx)); err != nil {
		return err
	}
	m, err := startMeter(s.pid)
	if err != nil {
		return err
	}
	err = forEach(ctx, objects, func(ctx context.Context, o client.Object) error { return w.write(ctx, s.client, o) })
	if err != nil {
		return err
	}
	used, err := m.stop()
	f.Bare, f.BareControlPlaneCPU, f.BareDisturbed = used.wall, used.cpu[s.pid], used.others
	return err
}

func comparedObjects(p *profilev1.Profile) []client.Object {
	objects := []client.Object{desired.ResourceQuota(p)}
	for _, account := range desired.ServiceAccounts(p) {
		objects = append(objects, account)
	}
	for _, binding := range desired.RoleBindings(p)[:2] {
		objects = append(objects, binding)
	}
	return objects
}

// asUnstructured is an object with its kind, and without the fields that are not set.
func asUnstructured(o client.Object, scheme *runtime.Scheme) (*unstructured.Unstructured, error) {
	kind, err := apiutil.GVKForObject(o, scheme)
	if err != nil {
		return nil, err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	delete(content, "status")
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(kind)
	unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
	return u, nil
}
