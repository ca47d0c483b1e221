package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func accountClaims(c cast) []claim {
	return []claim{
		may("The viewer account may list pods", list(c.viewer, &corev1.PodList{}, client.InNamespace(ownerRoom))),
		mayNot("The viewer account may not create a pod", create(c.viewer, pod(ownerRoom, "by-the-viewer", "100m"))),
		mayNot("The viewer account may not delete a pod", remove(c.viewer, pod(ownerRoom, "training", "100m"))),
		mayNot("The viewer account may not read a secret", get(c.viewer, secret(ownerRoom))),
		may("The editor account may create a pod", create(c.editor, pod(ownerRoom, "pipeline-step", "100m"))),
		mayNot("The editor account may not create a RoleBinding", create(c.editor, roleBinding(ownerRoom, "more-rights", "kubeflow-admin"))),
		mayNot("The editor account may not make itself an owner", joinOwners(c.editor)),
		mayNot("The editor account may not work next door", create(c.editor, pod(neighborRoom, "intruder", "100m"))),
	}
}

// joinOwners puts the editor account into the binding that makes the owner one.
func joinOwners(as client.Client) action {
	const patch = `{"subjects":[{"kind":"ServiceAccount","name":"` + tenancy.EditorServiceAccount + `","namespace":"` + ownerRoom + `"}]}`
	return func(ctx context.Context) error {
		binding := &rbacv1.RoleBinding{ObjectMeta: named(ownerRoom, tenancy.OwnerRoleBinding)}
		return as.Patch(ctx, binding, client.RawPatch(types.MergePatchType, []byte(patch)))
	}
}
