package doctor

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// staleLease is for how long a lease may go without renewal. A leader renews it every two
// seconds and loses it after fifteen; the rest is for clocks that differ.
const staleLease = time.Minute

func examineLeader(ctx context.Context, e *examination) ([]Finding, error) {
	i := e.controller()
	if i.Manager.Flag("leader-elect", "false") == "false" {
		return []Finding{warning("Leader", "Add the argument -leader-elect, so that the others can wait.",
			"the controller runs without leader election: never let a second one run.")}, nil
	}
	lease := &coordinationv1.Lease{}
	key := client.ObjectKey{Namespace: i.Manager.Flag("leader-elect-namespace", i.Namespace), Name: installation.Lease}
	if err := e.cluster.Get(ctx, key, lease); apierrors.IsNotFound(err) {
		lease = nil
	} else if err != nil {
		return nil, err
	}
	return []Finding{judgeLease(lease, key, e.now)}, nil
}

func judgeLease(lease *coordinationv1.Lease, key client.ObjectKey, now time.Time) Finding {
	const name = "Leader"
	see := "See what it says: kubectl logs -n " + key.Namespace + " deployment/" + installation.Deployment + " -c manager"
	if lease == nil || ptr.Deref(lease.Spec.HolderIdentity, "") == "" || lease.Spec.RenewTime == nil {
		return problem(name, see, "nobody holds lease/%s in namespace %s, so no controller works.", key.Name, key.Namespace)
	}
	if since := now.Sub(lease.Spec.RenewTime.Time); since > staleLease {
		return problem(name, see, "%s holds lease/%s in namespace %s and has not renewed it for %s, so no controller works.",
			*lease.Spec.HolderIdentity, key.Name, key.Namespace, since.Round(time.Second))
	}
	return fine(name, "%s holds lease/%s in namespace %s.", *lease.Spec.HolderIdentity, key.Name, key.Namespace)
}
