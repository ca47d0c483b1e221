package main

import (
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func ownerClaims(c cast) []claim {
	return []claim{
		may("The owner may create a pod at home", create(c.owner, pod(ownerRoom, "training", "100m"))),
		may("The owner may create a notebook at home", create(c.owner, notebook(ownerRoom, "exploration"))),
		may("The owner may create a secret at home", create(c.owner, secret(ownerRoom))),
		may("The neighbor may create a secret at home", create(c.neighbor, secret(neighborRoom))),
		may("The neighbor may read it", get(c.neighbor, secret(neighborRoom))),
		mayNot("The owner may not read the neighbor's secret", get(c.owner, secret(neighborRoom))),
		mayNot("The owner may not list the neighbor's secrets", list(c.owner, &corev1.SecretList{}, client.InNamespace(neighborRoom))),
		mayNot("The neighbor may not read the owner's secret", get(c.neighbor, secret(ownerRoom))),
		mayNot("The neighbor may not create a pod in the owner's room", create(c.neighbor, pod(ownerRoom, "intruder", "100m"))),
	}
}
