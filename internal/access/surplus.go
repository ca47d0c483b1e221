package access

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// surplusTimeout bounds both requests of withdrawSurplus.
const surplusTimeout = 10 * time.Second

// withdrawSurplus looks at the cluster itself once a Profile was registered, because another
// replica may have registered one for the same owner at the same moment, of which neither
// Index could know. It takes the Profile back if the owner has as many as allowed without it.
// Of two that see each other both give way: which of them the other one saw cannot be known,
// and to have one too few is mended by asking again. A look that fails leaves the Profile.
func (r *Registrar) withdrawSurplus(ctx context.Context, registered *profilev1.Profile) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), surplusTimeout)
	defer cancel()
	var there profilev1.ProfileList
	if err := r.Client.List(ctx, &there); err != nil {
		return nil // The Profile exists, and that is what the caller asked for.
	}
	others := 0
	for i := range there.Items {
		p := &there.Items[i]
		if p.UID != registered.UID && p.DeletionTimestamp == nil && r.Rules.Names.sameOwner(p.Spec.Owner, registered.Spec.Owner) {
			others++
		}
	}
	decision, surplus := r.Rules.withinLimit(Caller{}, Registration{Owner: registered.Spec.Owner, Owned: others})
	if !surplus {
		return nil
	}
	err := r.Client.Delete(ctx, registered, client.Preconditions{UID: ptr.To(registered.UID)})
	if err != nil && !apierrors.IsNotFound(err) {
		return AsError(err)
	}
	return decision.Refusal
}
