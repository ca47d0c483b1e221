package e2e

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// as returns a client of a user in these groups.
func (f *fixture) as(user string, groups ...string) client.Client {
	f.t.Helper()
	c, err := pg.As(user, groups...)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// asAccount returns a client with the token of a service account.
func (f *fixture) asAccount(namespace, name string) client.Client {
	f.t.Helper()
	c, err := pg.AsServiceAccount(f.ctx, namespace, name)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// attempt is something that somebody tries. Those below change nothing.
type attempt func() error

func (f *fixture) reading(c client.Client, namespace string) attempt {
	return func() error { return c.List(f.ctx, &corev1.SecretList{}, client.InNamespace(namespace)) }
}

func (f *fixture) looking(c client.Client, namespace string) attempt {
	return func() error { return c.List(f.ctx, &corev1.PodList{}, client.InNamespace(namespace)) }
}

func (f *fixture) creating(c client.Client, o client.Object) attempt {
	return func() error { return c.Create(f.ctx, o.DeepCopyObject().(client.Object), client.DryRunAll) }
}

func (f *fixture) deleting(c client.Client, o client.Object) attempt {
	return func() error { return c.Delete(f.ctx, o, client.DryRunAll) }
}

// merging sends a merge patch in JSON.
func (f *fixture) merging(c client.Client, o client.Object, patch string) attempt {
	return func() error {
		return c.Patch(f.ctx, o.DeepCopyObject().(client.Object), client.RawPatch(mergePatch, []byte(patch)), client.DryRunAll)
	}
}

// awaitAllowed waits until the API server lets it happen: it learns of a new binding a
// moment after the binding is stored.
func (f *fixture) awaitAllowed(who string, try attempt) {
	f.t.Helper()
	f.eventually(who+" is allowed", try)
}

// awaitDenied waits until the API server refuses it for lack of rights.
func (f *fixture) awaitDenied(who string, try attempt) {
	f.t.Helper()
	f.eventually(who+" is denied", func() error { return notDenied(try()) })
}

// mustBeDenied fails the test unless the API server refuses it right now.
func (f *fixture) mustBeDenied(who string, try attempt) {
	f.t.Helper()
	if err := notDenied(try()); err != nil {
		f.t.Errorf("%s must be denied: %v", who, err)
	}
}

func notDenied(err error) error {
	switch {
	case err == nil:
		return errors.New("it was allowed")
	case !apierrors.IsForbidden(err):
		return fmt.Errorf("it failed for another reason: %w", err)
	}
	return nil
}
