package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// controllerClaims show that who takes over the controller has not taken over the
// cluster.
func controllerClaims(c cast) []claim {
	return []claim{
		may("The controller may bind kubeflow-edit in a room", create(c.controller, roleBinding(ownerRoom, "trial", "kubeflow-edit"), client.DryRunAll)),
		{"The controller may not bind cluster-admin in a room", "forbidden", refuseEscalation(c.controller)},
		mayNot("The controller may not make itself cluster-admin", create(c.controller, clusterAdminForController())),
		mayNot("The controller may not read a secret in a room", get(c.controller, secret(ownerRoom))),
		mayNot("The controller may not list the cluster's secrets", list(c.controller, &corev1.SecretList{})),
		mayNot("The controller may not create a pod", create(c.controller, pod(ownerRoom, "by-the-controller", "100m"))),
	}
}

// refuseEscalation expects another refusal than missing rights: the controller may write
// role bindings, though only to the three roles that it is there for.
func refuseEscalation(controller client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		err := create(controller, roleBinding(ownerRoom, "more-rights", "cluster-admin"))(ctx)
		return observeForbidden(err, becauseOfEscalation, "forbidden")
	}
}

func clusterAdminForController() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: named("", "more-rights"),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: playground.SystemNamespace, Name: playground.ControllerAccount}},
	}
}
