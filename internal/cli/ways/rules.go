package ways

import (
	"context"
	"fmt"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Rules are what decides who gets into Profiles' namespaces.
type Rules struct {
	bindings        []rbacv1.RoleBinding
	clusterBindings []rbacv1.ClusterRoleBinding
	// roles are the rules of the ClusterRoles.
	roles map[string][]rbacv1.PolicyRule
	mesh  meshRules
	// Unseen says what could not be looked at, and what was assumed instead, one sentence each.
	Unseen []string
}

// meshRules are those of the mesh, if there is one.
type meshRules struct {
	there       bool
	root        string
	policies    []*istiov1beta1.AuthorizationPolicy
	conventions meshConventions
}

// Read reads the rules of one namespace, or of all when none is given. The controller is
// looked for in its namespaces.
func Read(ctx context.Context, cluster client.Client, namespace string, controllers []string) (Rules, error) {
	var r Rules
	var bindings rbacv1.RoleBindingList
	if err := cluster.List(ctx, &bindings, client.InNamespace(namespace)); err != nil {
		return r, fmt.Errorf("read the role bindings: %w", err)
	}
	var clusterBindings rbacv1.ClusterRoleBindingList
	if err := cluster.List(ctx, &clusterBindings); err != nil {
		return r, fmt.Errorf("read the role bindings of the whole cluster: %w", err)
	}
	var roles rbacv1.ClusterRoleList
	if err := r.allowed(cluster.List(ctx, &roles), "You may not list ClusterRoles: of those that are bound in the whole cluster, only cluster-admin and Kubeflow's are shown."); err != nil {
		return r, fmt.Errorf("read what the roles of the cluster allow: %w", err)
	}
	r.bindings, r.clusterBindings, r.roles = bindings.Items, clusterBindings.Items, map[string][]rbacv1.PolicyRule{}
	for _, role := range roles.Items {
		r.roles[role.Name] = role.Rules
	}
	return r, r.readMesh(ctx, cluster, namespace, controllers)
}

// allowed passes over a refusal, and notes what follows from it.
func (r *Rules) allowed(err error, otherwise string) error {
	if apierrors.IsForbidden(err) {
		r.Unseen = append(r.Unseen, otherwise)
		return nil
	}
	return err
}

func (r *Rules) readMesh(ctx context.Context, cluster client.Client, namespace string, controllers []string) error {
	m := &r.mesh
	var err error
	if m.policies, err = listPolicies(ctx, cluster, namespace); isUnserved(err) {
		return nil
	}
	if err != nil {
		return err
	}
	m.there = true
	m.root, err = rootNamespace(ctx, cluster)
	if err := r.allowed(err, "You may not read the settings of the mesh: "+m.root+" is taken for its root namespace."); err != nil {
		return err
	}
	if namespace != "" && namespace != m.root {
		ofRoot, err := listPolicies(ctx, cluster, m.root)
		if err := r.allowed(err, "You may not list the policies of "+m.root+", which count in every namespace: they are left out."); err != nil {
			return err
		}
		m.policies = append(m.policies, ofRoot...)
	}
	m.conventions, err = readConventions(ctx, cluster, controllers)
	return r.allowed(err, "You may not read the settings of the controller: users, groups and gateways are looked for under their usual names.")
}

func listPolicies(ctx context.Context, cluster client.Client, namespace string) ([]*istiov1beta1.AuthorizationPolicy, error) {
	var list istiov1beta1.AuthorizationPolicyList
	if err := cluster.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("read the policies of the mesh: %w", err)
	}
	return list.Items, nil
}

// isUnserved tells whether the cluster does not know a kind that was listed.
func isUnserved(err error) bool { return meta.IsNoMatchError(err) || apierrors.IsNotFound(err) }

// HasMesh tells whether the cluster has a mesh. Where it has none, only the network decides who
// reaches the pods.
func (r Rules) HasMesh() bool { return r.mesh.there }

// Into lists the ways into a Profile's namespace.
func (r Rules) Into(p *profilev1.Profile) []Way {
	var bindings []rbacv1.RoleBinding
	for _, b := range r.bindings {
		if b.Namespace == p.Name {
			bindings = append(bindings, b)
		}
	}
	ways := append(rbacWays(p.Name, bindings), clusterWays(p.Name, r.clusterBindings, r.roles)...)
	if r.mesh.there {
		ways = append(ways, r.mesh.conventions.meshWays(p.Name, r.mesh.of(p.Name))...)
	}
	return append(halfOpen(ways), cloudWays(p)...)
}

// of returns the policies that count in a namespace. Those of the root namespace that select
// pods are for the gateways.
func (m meshRules) of(namespace string) []*istiov1beta1.AuthorizationPolicy {
	var policies []*istiov1beta1.AuthorizationPolicy
	for _, p := range m.policies {
		if p.Namespace == namespace || p.Namespace == m.root && !isSelective(p) {
			policies = append(policies, p)
		}
	}
	return policies
}
