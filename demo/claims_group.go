package main

import (
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func groupClaims(c cast) []claim {
	return []claim{
		may("A member of the group may create a pod in its room", create(c.member, pod(groupRoom, "labeling", "100m"))),
		may("A member may create a notebook there", create(c.member, notebook(groupRoom, "labels"))),
		mayNot("Somebody else may not create a pod there", create(c.outsider, pod(groupRoom, "intruder", "100m"))),
		mayNot("Somebody else may not see the pods there", list(c.outsider, &corev1.PodList{}, client.InNamespace(groupRoom))),
		may("A guest whom the Profile names may create a pod there", create(c.guest, pod(groupRoom, "review", "100m"))),
		mayNot("The guest may not bring others in", create(c.guest, roleBinding(groupRoom, "friends", "kubeflow-edit"))),
		may("An auditor of the group that it names may see the pods", list(c.auditor, &corev1.PodList{}, client.InNamespace(groupRoom))),
		mayNot("An auditor may not create one", create(c.auditor, pod(groupRoom, "audit", "100m"))),
	}
}
