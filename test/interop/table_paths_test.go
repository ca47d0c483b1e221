package interop

const (
	kernels = notebook + "api/kernels"
	secret  = notebook + "files/secret"
)

func probes() section {
	return section{
		title: "Knative's probes",
		about: "The room that ann owns. Three paths are open to anybody, as in the existing controller, so that serving works without further settings; `-probe-namespaces` narrows it.",
		room:  ownedByAnn,
		rows: []row{
			{"Knative asks for `/healthz`.", by(knative).get("/healthz"), admitted, ""},
			{"Knative asks for `/wait-for-drain`.", by(knative).get("/wait-for-drain"), admitted, ""},
			{"Knative asks for a notebook.", by(knative), refused, ""},
			{"A pod of another profile asks for `/metrics`.", by(otherPod).get("/metrics"), admitted, "See `-probe-namespaces`."},
			{"A caller outside the mesh asks for `/metrics`.", byNobody().get("/metrics"), admitted, "See `-probe-namespaces`."},
			{"A pod of another profile posts to `/metrics`.", by(otherPod).with("POST").get("/metrics"), admitted, "The rule names no method. See `-probe-namespaces`."},
			{"A pod of another profile, to a port that does not speak HTTP.", by(otherPod).overTCP(), refused, "There is no path to go by."},
		},
	}
}

func idlenessChecks() section {
	return section{
		title: "The notebook controller's idleness checks",
		about: "The room that ann owns.",
		room:  ownedByAnn,
		rows: []row{
			{"It asks for `GET " + kernels + "`.", by(notebookController).get(kernels), admitted, ""},
			{"It asks for `DELETE " + kernels + "`.", by(notebookController).with("DELETE").get(kernels), refused, ""},
			{"It asks for `POST " + kernels + "`.", by(notebookController).with("POST").get(kernels), refused, ""},
			{"It asks for `HEAD " + kernels + "`.", by(notebookController).with("HEAD").get(kernels), refused, ""},
			{"It asks for one kernel.", by(notebookController).get(kernels + "/1"), refused, ""},
			{"It asks for a file.", by(notebookController).get(secret), refused, ""},
			{"It asks for a file, with `/api/kernels` in the query.", by(notebookController).get(secret + "?x=/api/kernels"), refused, "The query is no part of the path."},
			{"It asks for a file by way of the kernels: `…/api/kernels/../../files/secret`.", by(notebookController).get(kernels + "/../../files/secret"), refused, ""},
			{"It asks for the kernels in other letters: `…/API/KERNELS`.", by(notebookController).get(notebook + "API/KERNELS"), refused, ""},
			{"It forges the owner's header and asks for a file.", by(notebookController).as("ann@example.com").get(secret), refused, ""},
			{"A pod of another profile asks for `GET " + kernels + "`.", by(otherPod).get(kernels), refused, ""},
			{"The notebook controller's service account of another namespace asks for the kernels.",
				by("cluster.local/ns/team-b/sa/notebook-controller-service-account").get(kernels), refused, ""},
		},
	}
}

func paths() section {
	return section{
		title: "Paths with tricks",
		about: "The room that ann owns, in a mesh with Istio's default normalization of paths; every request is a pod's of another profile. " +
			"The tests try several hundred more, under every setting of that normalization: whatever such a pod sends, it reaches one of the probes' three paths or nothing.",
		room: ownedByAnn,
		rows: []row{
			{"`/healthz/../secret`", by(otherPod).get("/healthz/../secret"), refused, ""},
			{"`/metrics/../../secret`", by(otherPod).get("/metrics/../../secret"), refused, ""},
			{"`//metrics`", by(otherPod).get("//metrics"), refused, "Where the mesh merges slashes the pod sees `/metrics`, and so do the rules."},
			{"`/metrics/`", by(otherPod).get("/metrics/"), refused, ""},
			{"`/metrics/secret`", by(otherPod).get("/metrics/secret"), refused, ""},
			{"`/metrics%2f..%2fsecret`", by(otherPod).get("/metrics%2f..%2fsecret"), refused, ""},
			{"`/metrics%2F..%2F..%2Fsecret`", by(otherPod).get("/metrics%2F..%2F..%2Fsecret"), refused, ""},
			{"`/metrics\\..\\secret`", by(otherPod).get(`/metrics\..\secret`), refused, ""},
			{"`/metrics;x=/secret`", by(otherPod).get("/metrics;x=/secret"), refused, ""},
			{"`/METRICS`", by(otherPod).get("/METRICS"), refused, ""},
			{"`/secret?x=/metrics`", by(otherPod).get("/secret?x=/metrics"), refused, "The query is no part of the path."},
			{"`/secret%23/metrics`", by(otherPod).get("/secret%23/metrics"), refused, ""},
			{"`/metrics?x=/secret`", by(otherPod).get("/metrics?x=/secret"), admitted, "It is `/metrics`, for the rules and for the pod."},
			{"`/%6detrics`", by(otherPod).get("/%6detrics"), admitted, "It is `/metrics`, for the rules and for the pod."},
			{"`/secret/../metrics`", by(otherPod).get("/secret/../metrics"), admitted, "It is `/metrics`, for the rules and for the pod."},
		},
	}
}

func strictRoom() section {
	return section{
		title: "With the strict settings",
		about: "The room that ann owns, the controller started with `-probe-namespaces=knative-serving` and `-trust-domain=cluster.local`.",
		room:  strict,
		rows: []row{
			{"The owner, through the ingress gateway.", by(gateway).as("ann@example.com"), admitted, ""},
			{"A pod of the same profile.", by(ownPod), admitted, ""},
			{"A pod of the same profile asks for `/metrics`.", by(ownPod).get("/metrics"), admitted, ""},
			{"A pod of the same profile, to a port that does not speak HTTP.", by(ownPod).overTCP(), admitted, ""},
			{"Knative asks for `/healthz`.", by(knative).get("/healthz"), admitted, ""},
			{"Knative asks for a notebook.", by(knative), refused, ""},
			{"Knative, to a port that does not speak HTTP.", by(knative).overTCP(), refused, ""},
			{"A pod of another profile asks for `/metrics`.", by(otherPod).get("/metrics"), refused, ""},
			{"A caller outside the mesh asks for `/metrics`.", byNobody().get("/metrics"), refused, ""},
			{"A pod of a namespace whose name begins with Knative's asks for `/metrics`.", by("cluster.local/ns/knative-serving-2/sa/activator").get("/metrics"), refused, ""},
			{"Knative of another trust domain asks for `/metrics`.", by("evil.example/ns/knative-serving/sa/activator").get("/metrics"), refused, ""},
			{"A pod of a namespace `team-a` in another trust domain.", by("evil.example/ns/team-a/sa/default-editor"), refused, ""},
			{"A pod of a profile whose name begins with this one's.", by("cluster.local/ns/team-a-2/sa/default-editor"), refused, ""},
		},
	}
}
