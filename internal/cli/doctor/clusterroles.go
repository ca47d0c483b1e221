package doctor

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func examineClusterRoles(ctx context.Context, e *examination) ([]Finding, error) {
	var missing, empty []string
	for _, role := range []tenancy.Role{tenancy.RoleAdmin, tenancy.RoleEdit, tenancy.RoleView} {
		name, _ := role.ClusterRole()
		found := &rbacv1.ClusterRole{}
		switch err := e.cluster.Get(ctx, client.ObjectKey{Name: name}, found); {
		case apierrors.IsNotFound(err):
			missing = append(missing, name)
		case err != nil:
			return nil, err
		case len(found.Rules) == 0:
			empty = append(empty, name)
		}
	}
	return judgeClusterRoles(missing, empty), nil
}

func judgeClusterRoles(missing, empty []string) []Finding {
	const name = "ClusterRoles"
	var findings []Finding
	if len(missing) > 0 {
		findings = append(findings, problem(name, "Install Kubeflow's, or ours: the component config/kubeflow-roles.",
			"there is no %s, so nobody who is bound to it may do anything.", enumerate(missing)))
	}
	if len(empty) > 0 {
		findings = append(findings, problem(name, "Give ClusterRoles the labels that their aggregationRule asks for.",
			"%s has no rules: nothing is aggregated into it.", enumerate(empty)))
	}
	return orFine(findings, fine(name, "kubeflow-admin, kubeflow-edit and kubeflow-view are there and have rules."))
}
