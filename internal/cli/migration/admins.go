package migration

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// adminBindings are those that make the controller's service account cluster-admin.
func adminBindings(ctx context.Context, cluster client.Reader, i installation.Installation) ([]rbacv1.ClusterRoleBinding, error) {
	var all rbacv1.ClusterRoleBindingList
	if err := cluster.List(ctx, &all); err != nil {
		return nil, fmt.Errorf("list the ClusterRoleBindings: %w", err)
	}
	return slices.DeleteFunc(all.Items, func(b rbacv1.ClusterRoleBinding) bool {
		return b.RoleRef.Name != "cluster-admin" || !slices.ContainsFunc(b.Subjects, isAccountOf(i))
	}), nil
}

func isAccountOf(i installation.Installation) func(rbacv1.Subject) bool {
	return func(s rbacv1.Subject) bool {
		return s.Kind == rbacv1.ServiceAccountKind && s.Namespace == i.Namespace && s.Name == i.ServiceAccount()
	}
}

// demote takes the controller's service account out of such bindings. One that is for nobody
// else goes.
func (m Migration) demote(ctx context.Context, i installation.Installation) error {
	wide, err := adminBindings(ctx, m.Cluster, i)
	if err != nil {
		return err
	}
	for n := range wide {
		b := &wide[n]
		before := b.DeepCopy()
		b.Subjects = slices.DeleteFunc(b.Subjects, isAccountOf(i))
		if len(b.Subjects) == 0 {
			err = m.delete(ctx, b)
		} else {
			err = m.patch(ctx, b, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
		}
		if err != nil {
			return fmt.Errorf("take cluster-admin away by clusterrolebinding %s: %w", b.Name, err)
		}
		m.did("clusterrolebinding/" + b.Name + ": cluster-admin taken away")
	}
	return nil
}
