package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// measureDeletion deletes all Profiles, waits until a watch has shown the last of them
// gone, and then for the last namespace, which is the cluster's own work.
func (s *stage) measureDeletion(ctx context.Context, f *figures) error {
	s.say("deleting %d Profiles", len(s.names))
	gone, err := watchFor(ctx, s.client, metadataOf(profilev1.GroupVersion.String(), "Profile"), s.names, isGone)
	if err != nil {
		return err
	}
	empty, err := watchFor(ctx, s.client, metadataOf("v1", "Namespace"), s.names, isGone)
	if err != nil {
		return err
	}
	began := time.Now()
	err = forEach(ctx, s.names, func(ctx context.Context, name string) error {
		return s.client.Delete(ctx, &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}})
	})
	if err != nil {
		return err
	}
	last := <-gone
	if last.err != nil {
		return fmt.Errorf("wait for the last Profile: %w", last.err)
	}
	f.Delete = last.at.Sub(began).Seconds()
	s.say("deletion: the last Profile was gone after %.2f s", f.Delete)
	last = <-empty
	if last.err != nil {
		return fmt.Errorf("wait for the last namespace: %w", last.err)
	}
	f.DeleteNamespaces = last.at.Sub(began).Seconds()
	s.say("deletion: the last namespace was gone after %.2f s", f.DeleteNamespaces)
	return nil
}
