package profile

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/internal/namespacelabels"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Reconciler makes of each Profile a room and keeps it so.
type Reconciler struct {
	// Client reads from the cache and shows its own writes in later reads.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Settings are what the installation decided for all Profiles.
	Settings desired.Settings
	// Reserved are the names that never become namespaces of Profiles.
	Reserved tenancy.ReservedNames
	// Plugins bind identities outside the cluster.
	Plugins identity.Registry
	// Seals marks the records of what plugins did.
	Seals *seals
	// Labels are the default labels of namespaces.
	Labels *namespacelabels.File
	// Mesh knows whether AuthorizationPolicies can be written; nil when Settings.Mesh
	// is false.
	Mesh *Mesh
	// Events tells people what happened.
	Events Events
	// Metrics counts.
	Metrics *Metrics
}

// Reconcile brings one Profile's room to its desired state. What fails because the process is being
// stopped is no error: the next process looks at every Profile.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	result, err := r.reconcile(ctx, request)
	if errors.Is(ctx.Err(), context.Canceled) {
		return reconcile.Result{}, nil
	}
	return result, err
}

func (r *Reconciler) reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	p := &profilev1.Profile{}
	if err := r.Client.Get(ctx, request.NamespacedName, p); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if p.DeletionTimestamp != nil {
		return r.finish(ctx, p)
	}
	s, err := r.gather(ctx, p)
	if err != nil {
		return reconcile.Result{}, err
	}
	return r.report(ctx, s, r.furnish(ctx, s))
}

// furnish runs the steps. Those that work inside the namespace run side by side once
// it is there, and otherwise say that they wait for it: above all nothing outside the
// cluster ever admits the service accounts of a namespace that is not the Profile's.
// Identities come last, since they annotate accounts that the access step creates.
func (r *Reconciler) furnish(ctx context.Context, s *situation) []result {
	first := r.namespaceStep(ctx, s)
	results := []result{first}
	if first.failure != nil {
		results = append(results, waitForNamespace(profilev1.ConditionAccessReady), waitForNamespace(profilev1.ConditionQuotaReady))
		return append(results, waitForNamespace(profilev1.ConditionIdentityReady))
	}
	results = append(results, together(ctx, s, r.accessStep, r.quotaStep)...)
	return append(results, r.identityStep(ctx, s))
}

func waitForNamespace(condition profilev1.ConditionType) result {
	return result{condition: condition, failure: &failure{kind: waiting, reason: profilev1.ReasonNamespaceNotReady,
		message: "Waiting for the namespace; see the condition NamespaceReady."}}
}

// finish takes back what outlives the Profile and lets it go. Nothing is applied to a
// Profile that is going away, and nothing that is already gone holds it up: the
// namespace and all in it are left to the garbage collector.
func (r *Reconciler) finish(ctx context.Context, p *profilev1.Profile) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(p, profilev1.ProfileFinalizer) {
		return reconcile.Result{}, nil
	}
	s, err := r.gatherLeaving(ctx, p)
	if err != nil {
		return reconcile.Result{}, err
	}
	if release := r.releaseStep(ctx, s); release.failure != nil {
		return r.report(ctx, s, []result{heldUp(release)})
	}
	r.Metrics.forget(p)
	err = r.dropFinalizer(ctx, p)
	if apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{}, err
}

// heldUp tells that a Profile stays only until its identities are taken back, and how to
// be rid of it when that cannot be done.
func heldUp(release result) result {
	f := *release.failure
	if f.kind == waiting {
		f.message = "The Profile is being deleted. " + f.message
	} else {
		f.message = "The Profile is being deleted and stays until its identities are taken back. " + f.message +
			" To let it go and take them back by hand, remove its finalizer " + profilev1.ProfileFinalizer + "."
	}
	release.failure = &f
	return release
}

func (r *Reconciler) applier() apply.Applier {
	return apply.Applier{Client: r.Client, Live: r.Live, Wrote: r.Metrics.wrote}
}
