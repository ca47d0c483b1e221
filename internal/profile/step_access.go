package profile

import (
	"context"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// accessStep keeps the service accounts, the role bindings and the mesh policies, those of
// declared contributors among them. The first two do not wait for the mesh: a cluster whose
// mesh is not there yet still gives access by RBAC.
func (r *Reconciler) accessStep(ctx context.Context, s *situation) result {
	res := result{condition: profilev1.ConditionAccessReady, reason: profilev1.ReasonApplied,
		message: "The service accounts, role bindings and mesh policy are in place."}
	t := &tasks{ctx: ctx}
	contributors, invalid := desired.Contributors(s.profile, r.Settings)
	t.fail(refusedContributor(invalid))
	ensure(t, r.applier(), desired.ServiceAccounts(s.profile)...)
	ensure(t, r.applier(), desired.RoleBindings(s.profile)...)
	ensure(t, r.applier(), contributors.RoleBindings...)
	undeclared, err := undeclared(ctx, r.Client, &rbacv1.RoleBindingList{}, s.profile.Name, contributors)
	if err == nil {
		err = r.removeForerunners(ctx, undeclared)
	}
	if err == nil {
		t.remove(r.applier(), undeclared...)
	}
	t.fail(err)
	meshFailure := r.meshTasks(t, s, contributors)
	res.outcomes, res.failure = ensureAll(t.all)
	if !r.Settings.Mesh {
		res.message = "The service accounts and role bindings are in place. The mesh is turned off (-mesh=none)."
	}
	if res.failure == nil {
		res.failure = meshFailure
	}
	return res
}

// meshTasks adds what concerns the mesh, or tells why nothing can be done about it.
func (r *Reconciler) meshTasks(t *tasks, s *situation, contributors desired.ContributorObjects) *failure {
	if !r.Settings.Mesh {
		return nil
	}
	a, failure := r.meshApplier()
	if failure != nil {
		return failure
	}
	ensure(t, a, desired.OwnerPolicy(s.profile, r.Settings))
	ensure(t, a, contributors.Policies...)
	undeclared, err := undeclared(t.ctx, a.Client, &istiov1beta1.AuthorizationPolicyList{}, s.profile.Name, contributors)
	t.fail(err)
	t.remove(a, undeclared...)
	return nil
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
