package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

const (
	// readyTimeout is how long one step of the start may take. The slowest needs three
	// seconds on two cores; the rest is for machines that are busy compiling.
	readyTimeout = 2 * time.Minute
	// readyPoll is short because every start waits for it several times.
	readyPoll = 25 * time.Millisecond
	// probeNamespace is where the controllers are seen to work. It belongs to the heart
	// beats of nodes, of which there are none, so nobody misses what is taken from it.
	probeNamespace = corev1.NamespaceNodeLease
)

// waitForAPIServer waits until the API server calls itself ready, which includes
// that the RBAC roles and bindings every cluster starts with are there.
func waitForAPIServer(ctx context.Context, client kubernetes.Interface) error {
	return until(ctx, "the API server to become ready", func(ctx context.Context) error {
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// waitForControllers waits until the controllers do for a namespace what they do for
// a new one: give it its default ServiceAccount and the cluster's CA. After a restart
// both exist already and prove nothing, so they are taken away first.
//
// A namespace made for this would be the plainer proof, but Kubernetes waits five
// seconds before it empties a deleted namespace, and every start would wait with it.
func waitForControllers(ctx context.Context, client kubernetes.Interface, collectorSynced func() bool) error {
	accounts := client.CoreV1().ServiceAccounts(probeNamespace)
	configMaps := client.CoreV1().ConfigMaps(probeNamespace)
	const account, authority = "default", "kube-root-ca.crt"

	err := errors.Join(
		ignoreNotFound(accounts.Delete(ctx, account, metav1.DeleteOptions{})),
		ignoreNotFound(configMaps.Delete(ctx, authority, metav1.DeleteOptions{})),
	)
	if err != nil {
		return fmt.Errorf("prepare to see the controllers work: %w", err)
	}
	err = until(ctx, "a namespace to be given its default ServiceAccount", func(ctx context.Context) error {
		_, err := accounts.Get(ctx, account, metav1.GetOptions{})
		return err
	})
	if err != nil {
		return err
	}
	err = until(ctx, "a namespace to be given the cluster's CA", func(ctx context.Context) error {
		_, err := configMaps.Get(ctx, authority, metav1.GetOptions{})
		return err
	})
	if err != nil {
		return err
	}
	return until(ctx, "the garbage collector to know all kinds of objects", func(context.Context) error {
		if !collectorSynced() {
			return errors.New("it is still reading them")
		}
		return nil
	})
}

// ignoreNotFound lets a deletion succeed when there was nothing to delete.
func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// until tries check until it succeeds. A failure tells what was waited for, and the
// last thing that stood in the way.
func until(ctx context.Context, what string, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, readyPoll, readyTimeout, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
	default:
		return fmt.Errorf("waited %s for %s: %w", readyTimeout, what, last)
	}
}
