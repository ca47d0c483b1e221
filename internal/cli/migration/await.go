package migration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// await looks until something is so, or fails with what was said last.
func (m Migration) await(ctx context.Context, what string, look func(context.Context) (missing string, err error)) error {
	missing := ""
	err := wait.PollUntilContextTimeout(ctx, m.Poll, m.Timeout, true, func(ctx context.Context) (bool, error) {
		var err error
		missing, err = look(ctx)
		return missing == "" && err == nil, err
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return fmt.Errorf("%s within %s: %s", what, m.Timeout, missing)
	}
	return err
}

func (m Migration) awaitNoPods(ctx context.Context, d *appsv1.Deployment) error {
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		return fmt.Errorf("read the selector of deployment %s: %w", d.Name, err)
	}
	return m.await(ctx, "the old controller did not stop", func(ctx context.Context) (string, error) {
		var pods corev1.PodList
		if err := m.Cluster.List(ctx, &pods, client.InNamespace(d.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
			return "", fmt.Errorf("list the pods of deployment %s: %w", d.Name, err)
		}
		var left []string
		for _, pod := range pods.Items {
			if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
				left = append(left, "pod "+pod.Name+" is still there")
			}
		}
		return strings.Join(left, ", "), nil
	})
}

// leaseNow is the lease as it is, or an empty one.
func (m Migration) leaseNow(ctx context.Context, i installation.Installation) (coordinationv1.LeaseSpec, error) {
	lease := &coordinationv1.Lease{}
	err := m.Cluster.Get(ctx, client.ObjectKey{Namespace: i.Manager.Flag("leader-elect-namespace", i.Namespace), Name: installation.Lease}, lease)
	if client.IgnoreNotFound(err) != nil {
		return lease.Spec, fmt.Errorf("read the lease of the leader election: %w", err)
	}
	return lease.Spec, nil
}

// awaitLeader waits until somebody renews the lease. It goes by change and not by the clock,
// which may differ from the cluster's.
func (m Migration) awaitLeader(ctx context.Context, i installation.Installation, before coordinationv1.LeaseSpec) error {
	holder := ""
	err := m.await(ctx, "no controller began to work", func(ctx context.Context) (string, error) {
		now, err := m.leaseNow(ctx, i)
		if err != nil {
			return "", err
		}
		if now.HolderIdentity == nil || *now.HolderIdentity == "" || now.RenewTime.Equal(before.RenewTime) {
			return "nobody renews lease/" + installation.Lease + "; see: kubectl describe pods -n " + i.Namespace + ", or go back: kubectl profile migrate --rollback", nil
		}
		holder = *now.HolderIdentity
		return "", nil
	})
	if err == nil {
		m.did("lease/" + installation.Lease + " held by " + holder)
	}
	return err
}

// awaitProfiles waits until the new controller has reported on all Profiles and all are ready
// but those that were known to be refused.
func (m Migration) awaitProfiles(ctx context.Context, i installation.Installation) error {
	found, err := readRooms(ctx, m.Cluster)
	if err != nil {
		return err
	}
	expected := refused(found, i)
	err = m.await(ctx, "not all Profiles got ready", func(ctx context.Context) (string, error) {
		var profiles profilev1.ProfileList
		if err := m.Cluster.List(ctx, &profiles); err != nil {
			return "", fmt.Errorf("list the Profiles: %w", err)
		}
		return notSettled(profiles.Items, expected), nil
	})
	if err != nil {
		return err
	}
	m.did(fmt.Sprintf("profiles: %d of %d ready", len(found.profiles)-len(expected), len(found.profiles)))
	if len(expected) > 0 {
		return errors.New("refused, as said before: " + strings.Join(expected, ", ") + "\nSee: kubectl profile describe NAME. To go back: kubectl profile migrate --rollback")
	}
	return nil
}

// notSettled names the Profiles that are neither ready nor refused as expected.
func notSettled(profiles []profilev1.Profile, expected []string) string {
	var waiting []string
	for _, p := range profiles {
		if p.DeletionTimestamp != nil {
			continue
		}
		i := slices.IndexFunc(p.Status.Conditions, func(c profilev1.ProfileCondition) bool { return c.Type == profilev1.ConditionReady })
		switch {
		case i < 0 || p.Status.Conditions[i].ObservedGeneration < p.Generation:
			waiting = append(waiting, p.Name+" (not reported on)")
		case p.Status.Conditions[i].Status != metav1.ConditionTrue && !slices.Contains(expected, p.Name):
			waiting = append(waiting, p.Name+" ("+p.Status.Conditions[i].Reason+")")
		}
	}
	return strings.Join(waiting, ", ")
}
