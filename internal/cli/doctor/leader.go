package doctor

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// staleLease is for how long a lease may go without renewal before it is looked at again. A
// leader renews it every two seconds and loses it after fifteen.
const staleLease = time.Minute

// What tells whether somebody renews a lease that seems stale: looking again. Clocks differ,
// and a change is one by any clock.
const (
	lookAgainEvery = time.Second
	lookAgainFor   = 10 * time.Second
)

func examineLeader(ctx context.Context, e *examination) ([]Finding, error) {
	i := e.controller()
	if i.Manager.Flag("leader-elect", "false") == "false" {
		return []Finding{warning("Leader", "Add the argument -leader-elect, so that the others can wait.",
			"the controller runs without leader election: never let a second one run.")}, nil
	}
	key := client.ObjectKey{Namespace: i.Manager.Flag("leader-elect-namespace", i.Namespace), Name: installation.Lease}
	lease, err := readLease(ctx, e.cluster, key)
	if err != nil {
		return nil, err
	}
	renewed := lease == nil || isFresh(lease, e.now)
	if !renewed {
		if renewed, err = isRenewed(ctx, e.cluster, lease, key); err != nil {
			return nil, err
		}
	}
	return []Finding{judgeLease(lease, key, renewed)}, nil
}

// readLease returns a lease that somebody holds, or nil.
func readLease(ctx context.Context, cluster client.Reader, key client.ObjectKey) (*coordinationv1.Lease, error) {
	lease := &coordinationv1.Lease{}
	if err := cluster.Get(ctx, key, lease); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if ptr.Deref(lease.Spec.HolderIdentity, "") == "" || lease.Spec.RenewTime == nil {
		return nil, nil
	}
	return lease, nil
}

// isFresh tells whether a lease was renewed just now, by a clock that is about right.
func isFresh(lease *coordinationv1.Lease, now time.Time) bool {
	return now.Sub(lease.Spec.RenewTime.Time).Abs() <= staleLease
}

// isRenewed waits until somebody renews a lease.
func isRenewed(ctx context.Context, cluster client.Reader, before *coordinationv1.Lease, key client.ObjectKey) (bool, error) {
	err := wait.PollUntilContextTimeout(ctx, lookAgainEvery, lookAgainFor, false, func(ctx context.Context) (bool, error) {
		now, err := readLease(ctx, cluster, key)
		return err == nil && now != nil && !now.Spec.RenewTime.Equal(before.Spec.RenewTime), err
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return false, nil
	}
	return err == nil, err
}

func judgeLease(lease *coordinationv1.Lease, key client.ObjectKey, renewed bool) Finding {
	const name = "Leader"
	see := "See what it says: kubectl logs -n " + key.Namespace + " deployment/" + installation.Deployment + " -c manager"
	switch {
	case lease == nil:
		return problem(name, see, "nobody holds lease/%s in namespace %s, so no controller works.", key.Name, key.Namespace)
	case !renewed:
		return problem(name, see, "%s holds lease/%s in namespace %s and does not renew it, so no controller works.", *lease.Spec.HolderIdentity, key.Name, key.Namespace)
	default:
		return fine(name, "%s holds lease/%s in namespace %s.", *lease.Spec.HolderIdentity, key.Name, key.Namespace)
	}
}
