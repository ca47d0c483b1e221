package main

import (
	"context"
	"errors"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// changesPerSecond is how often a binding comes or goes while the access API is asked.
const changesPerSecond = 10

// whileBindingsChange runs do while somebody whom nobody asks about becomes a contributor and
// is none again, so that whatever the access API remembers of its answers is out of date.
func (s *stage) whileBindingsChange(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.changeBindings(ctx) }()
	err := do(ctx)
	cancel()
	return errors.Join(err, <-ended)
}

// changeBindings goes on until the context ends.
func (s *stage) changeBindings(ctx context.Context) error {
	ticker := time.NewTicker(time.Second / changesPerSecond)
	defer ticker.Stop()
	guest := contributor.Contributor{Namespace: s.names[0], Kind: rbacv1.UserKind, Name: "comes-and-goes@example.com", Role: tenancy.RoleView}
	for there := false; ; there = !there {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		var err error
		if there {
			err = s.client.Delete(ctx, contributor.RoleBinding(guest))
		} else {
			err = s.client.Create(ctx, contributor.RoleBinding(guest))
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}
