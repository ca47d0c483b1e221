package profile

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// accessStep keeps the service accounts, the role bindings and the mesh policy. The
// first two do not wait for the mesh: a cluster whose mesh is not there yet still
// gives access by RBAC.
func (r *Reconciler) accessStep(ctx context.Context, s *situation) result {
	res := result{condition: profilev1.ConditionAccessReady, reason: profilev1.ReasonApplied,
		message: "The service accounts, role bindings and mesh policy are in place."}
	var tasks []func() (apply.Outcome, error)
	ensure := func(a apply.Applier, want client.Object) {
		tasks = append(tasks, func() (apply.Outcome, error) { return a.Ensure(ctx, want) })
	}
	for _, account := range desired.ServiceAccounts(s.profile) {
		ensure(r.applier(), account)
	}
	for _, binding := range desired.RoleBindings(s.profile) {
		ensure(r.applier(), binding)
	}
	meshApplier, meshFailure := r.meshApplier()
	switch {
	case !r.Settings.Mesh:
		res.message = "The service accounts and role bindings are in place. The mesh is turned off (-mesh=none)."
	case meshFailure == nil:
		ensure(meshApplier, desired.OwnerPolicy(s.profile, r.Settings))
	}
	res.outcomes, res.failure = ensureAll(tasks)
	if res.failure == nil && r.Settings.Mesh {
		res.failure = meshFailure
	}
	return res
}

// meshApplier writes AuthorizationPolicies, or tells why none can be written.
func (r *Reconciler) meshApplier() (apply.Applier, *failure) {
	if r.Mesh == nil {
		return apply.Applier{}, nil
	}
	mesh, served := r.Mesh.client()
	if !served {
		return apply.Applier{}, &failure{kind: waiting, reason: profilev1.ReasonMeshNotInstalled,
			message: "The service accounts and role bindings are in place, but the cluster does not serve Istio's AuthorizationPolicy, so nobody can be admitted through the mesh. Install Istio, and this goes on by itself; or start the controller with -mesh=none."}
	}
	a := r.applier()
	a.Client = mesh
	return a, nil
}
