package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// leaseName is that of the lease that says which controller leads.
const leaseName = "kubeflow-profile-controller"

// measureFailover starts a second controller, asks the first one, which leads, to stop,
// and waits until the second has the lease and has carried out a change.
func (s *stage) measureFailover(ctx context.Context, f *figures, leader *playground.Controller) error {
	s.say("stopping the leader of two controllers")
	next, err := s.startController(ctx)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, leader.PID(), next.PID()); err != nil {
		return err
	}
	held, err := s.watchLease(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- leader.Stop() }()
	lease := <-held
	if lease.err != nil {
		return lease.err
	}
	f.NewLease = lease.at.Sub(began).Seconds()
	if err := s.changeOne(ctx); err != nil {
		return err
	}
	f.Failover = time.Since(began).Seconds()
	s.say("failover: lease after %.2f s, work done after %.2f s", f.NewLease, f.Failover)
	return <-stopped
}

// watchLease waits for another controller than the present one to hold the lease.
func (s *stage) watchLease(ctx context.Context) (<-chan arrival, error) {
	lease := &coordinationv1.Lease{}
	if err := s.client.Get(ctx, client.ObjectKey{Namespace: playground.SystemNamespace, Name: leaseName}, lease); err != nil {
		return nil, err
	}
	present := ptr.Deref(lease.Spec.HolderIdentity, "")
	if present == "" {
		return nil, errors.New("no controller holds the lease although two are running")
	}
	return watchFor(ctx, s.client, &coordinationv1.LeaseList{}, []string{leaseName}, func(event watch.Event) bool {
		lease, ok := event.Object.(*coordinationv1.Lease)
		if !ok || lease.Namespace != playground.SystemNamespace {
			return false
		}
		holder := ptr.Deref(lease.Spec.HolderIdentity, "")
		return holder != "" && holder != present
	})
}

// changeOne changes the quota of one Profile and waits until that is carried out.
func (s *stage) changeOne(ctx context.Context) error {
	p := &profilev1.Profile{}
	if err := s.client.Get(ctx, client.ObjectKey{Name: s.names[0]}, p); err != nil {
		return err
	}
	changed := p.Generation + 1
	done, err := watchFor(ctx, s.client, &profilev1.ProfileList{}, []string{p.Name}, func(event watch.Event) bool {
		now, ok := event.Object.(*profilev1.Profile)
		return ok && now.Generation >= changed && isReady(event)
	})
	if err != nil {
		return err
	}
	before := p.DeepCopy()
	p.Spec.ResourceQuotaSpec.Hard[corev1.ResourcePods] = resource.MustParse("60")
	if err := s.client.Patch(ctx, p, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("change a Profile: %w", err)
	}
	return (<-done).err
}
