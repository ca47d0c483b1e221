package migration

import (
	"context"
	"fmt"
	"io"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldManager is whose changes these are.
const fieldManager = "kubectl-profile-migrate"

// DryRun says what to do with changes.
type DryRun string

// The ways of a dry run.
const (
	// Really stores changes.
	Really DryRun = "none"
	// Client sends none.
	Client DryRun = "client"
	// Server has the API server check each of them as things are now, and store none.
	Server DryRun = "server"
)

// Migration moves one cluster.
type Migration struct {
	Cluster client.Client
	// Out gets a line for each step.
	Out io.Writer
	// DryRun says what to do with changes.
	DryRun DryRun
	// Timeout is how long each thing that is waited for may take.
	Timeout time.Duration
	// Poll is how often to look.
	Poll time.Duration
}

// did tells of a step, as kubectl tells of objects.
func (m Migration) did(text string) {
	switch m.DryRun {
	case Client:
		text += " (dry run)"
	case Server:
		text += " (server dry run)"
	}
	fmt.Fprintln(m.Out, text)
}

func (m Migration) create(ctx context.Context, o client.Object) error {
	if m.DryRun == Client {
		return nil
	}
	options := []client.CreateOption{client.FieldOwner(fieldManager)}
	if m.DryRun == Server {
		options = append(options, client.DryRunAll)
	}
	return m.Cluster.Create(ctx, o, options...)
}

func (m Migration) update(ctx context.Context, o client.Object) error {
	if m.DryRun == Client {
		return nil
	}
	options := []client.UpdateOption{client.FieldOwner(fieldManager)}
	if m.DryRun == Server {
		options = append(options, client.DryRunAll)
	}
	return m.Cluster.Update(ctx, o, options...)
}

func (m Migration) patch(ctx context.Context, o client.Object, patch client.Patch) error {
	if m.DryRun == Client {
		return nil
	}
	options := []client.PatchOption{client.FieldOwner(fieldManager)}
	if m.DryRun == Server {
		options = append(options, client.DryRunAll)
	}
	return m.Cluster.Patch(ctx, o, patch, options...)
}

// delete goes well when the object is gone already.
func (m Migration) delete(ctx context.Context, o client.Object) error {
	if m.DryRun == Client {
		return nil
	}
	var options []client.DeleteOption
	if m.DryRun == Server {
		options = append(options, client.DryRunAll)
	}
	return client.IgnoreNotFound(m.Cluster.Delete(ctx, o, options...))
}
