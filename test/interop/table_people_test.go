package interop

func ownersAndPods() section {
	return section{
		title: "A room that a user owns",
		about: "The Profile `team-a`, owned by `ann@example.com`. The gateway puts the user's name into `kubeflow-userid`.",
		room:  ownedByAnn,
		rows: []row{
			{"The owner, through the ingress gateway.", by(gateway).as("ann@example.com"), admitted, ""},
			{"The owner, through the Pipelines UI.", by(pipelinesUI).as("ann@example.com"), admitted, ""},
			{"Another user, through the ingress gateway.", by(gateway).as("eve@example.com"), refused, ""},
			{"The ingress gateway, without a user header.", by(gateway), refused, ""},
			{"A pod of another profile.", by(otherPod), refused, ""},
			{"A pod of another profile that forges the owner's header.", by(otherPod).as("ann@example.com"), refused,
				"The header counts only from the two programs that set it."},
			{"A pod of the same profile.", by(ownPod), admitted, ""},
			{"A pod of the same profile that forges the owner's header.", by(ownPod).as("ann@example.com"), admitted,
				"Pods of a room trust each other; the header adds nothing."},
			{"A caller outside the mesh that forges the owner's header.", byNobody().as("ann@example.com"), refused,
				"Without a certificate of the mesh nobody is the gateway."},
			{"The gateway's service account in another trust domain, with the owner's header.",
				by("evil.example/ns/istio-system/sa/istio-ingressgateway-service-account").as("ann@example.com"), refused, ""},
			{"Another service account of the gateway's namespace, with the owner's header.",
				by("cluster.local/ns/istio-system/sa/default").as("ann@example.com"), refused, ""},
			{"A service account of the gateway's name in another profile, with the owner's header.",
				by("cluster.local/ns/team-b/sa/istio-ingressgateway-service-account").as("ann@example.com"), refused, ""},
			{"A service account whose name begins with the gateway's, with the owner's header.",
				by(gateway + "-2").as("ann@example.com"), refused, ""},
			{"A pod of a profile whose name begins with this one's.", by("cluster.local/ns/team-a-2/sa/default-editor"), refused, ""},
			{"A pod of a profile whose name ends with this one's.", by("cluster.local/ns/my-team-a/sa/default-editor"), refused, ""},
			{"A pod of another profile whose service account has this one's name.", by("cluster.local/ns/team-b/sa/team-a"), refused, ""},
			{"A pod of a namespace `team-a` in another trust domain that the mesh trusts.", by("evil.example/ns/team-a/sa/default-editor"), admitted,
				"Istio takes namespaces of one name for one. In a mesh with clusters that you do not run, set `-trust-domain`."},
			{"The owner, through the ingress gateway, to a port that does not speak HTTP.", by(gateway).as("ann@example.com").overTCP(), refused,
				"There is no header to go by."},
			{"A pod of another profile, to a port that does not speak HTTP.", by(otherPod).overTCP(), refused, ""},
			{"A caller outside the mesh, to a port that does not speak HTTP.", byNobody().overTCP(), refused, ""},
			{"A pod of the same profile, to a port that does not speak HTTP.", by(ownPod).overTCP(), admitted, ""},
		},
	}
}

func userNames() section {
	return section{
		title: "What the user header says",
		about: "The same room; every request comes through the ingress gateway.",
		room:  ownedByAnn,
		rows: []row{
			{"The header's name is written in other letters: `Kubeflow-UserID`.", by(gateway).header("Kubeflow-UserID", "ann@example.com"), admitted,
				"Names of HTTP headers have no case."},
			{"The user's name is written in other letters: `Ann@example.com`.", by(gateway).as("Ann@example.com"), refused,
				"Names are compared byte by byte, as Kubernetes does."},
			{"A user whose name is the beginning of the owner's: `ann@example.co`.", by(gateway).as("ann@example.co"), refused, ""},
			{"A user whose name begins with the owner's: `ann@example.com.evil.example`.", by(gateway).as("ann@example.com.evil.example"), refused, ""},
			{"A user whose name is the end of the owner's: `n@example.com`.", by(gateway).as("n@example.com"), refused, ""},
			{"A user whose name ends with the owner's: `joann@example.com`.", by(gateway).as("joann@example.com"), refused, ""},
			{"A space behind the owner's name.", by(gateway).as("ann@example.com "), refused, "A proxy that cuts it off first has the owner's own name."},
			{"A space in front of the owner's name.", by(gateway).as(" ann@example.com"), refused, ""},
			{"The owner's name behind a prefix: `accounts.google.com:ann@example.com`.", by(gateway).as(googlePrefix + "ann@example.com"), refused,
				"This installation has no prefix."},
			{"The header twice, both times the owner.", by(gateway).as("ann@example.com").as("ann@example.com"), refused,
				"Envoy compares both values, joined by a comma."},
			{"The header twice, the owner first.", by(gateway).as("ann@example.com").as("eve@example.com"), refused, ""},
			{"The header twice, the owner last.", by(gateway).as("eve@example.com").as("ann@example.com"), refused, ""},
			{"Two names in one header.", by(gateway).as("ann@example.com,eve@example.com"), refused, ""},
			{"An empty header.", by(gateway).as(""), refused, ""},
			{"A user who is called `*`.", by(gateway).as("*"), refused, ""},
			{"The owner's name in a header of a similar name: `kubeflow_userid`.", by(gateway).header("kubeflow_userid", "ann@example.com"), refused, ""},
			{"A member of a group that has the owner's name.", by(gateway).as("eve@example.com").in("ann@example.com"), refused,
				"A user is recognized by the header alone."},
		},
	}
}

func handedOverRoom() section {
	return section{
		title: "A room that was handed over",
		about: "`spec.owner` was `ann@example.com` and is now `ben@example.com`.",
		room:  handedOver,
		rows: []row{
			{"The former owner, through the ingress gateway.", by(gateway).as("ann@example.com"), refused, ""},
			{"The new owner, through the ingress gateway.", by(gateway).as("ben@example.com"), admitted, ""},
			{"A pod of the same profile.", by(ownPod), admitted, ""},
		},
	}
}

func prefixedRoom() section {
	return section{
		title: "An installation with a prefix in the user header",
		about: "`-userid-prefix=" + googlePrefix + "`. The Profile `team-a` is owned by `ann@example.com`, and `carl@example.com` may edit.",
		room:  behindPrefix,
		rows: []row{
			{"The owner, with the prefix.", by(gateway).as(googlePrefix + "ann@example.com"), admitted, ""},
			{"The owner, without the prefix.", by(gateway).as("ann@example.com"), refused, ""},
			{"The owner, with the prefix twice.", by(gateway).as(googlePrefix + googlePrefix + "ann@example.com"), refused, ""},
			{"The owner's name behind another prefix of the same length.", by(gateway).as("accounts.gaagle.com:ann@example.com"), refused, ""},
			{"The owner, with the prefix in capitals.", by(gateway).as("ACCOUNTS.GOOGLE.COM:ann@example.com"), refused, ""},
			{"A contributor, with the prefix.", by(gateway).as(googlePrefix + "carl@example.com"), admitted, ""},
			{"A contributor, without the prefix.", by(gateway).as("carl@example.com"), refused, ""},
			{"The prefix alone.", by(gateway).as(googlePrefix), refused, ""},
		},
	}
}

func otherTrustDomain() section {
	const domain = "corp.example"
	return section{
		title: "A mesh with a trust domain of its own",
		about: "The mesh's trust domain is `" + domain + "`. The policies still say `cluster.local`, which Istio reads as the mesh's own.",
		room:  ownedByAnn,
		mesh:  meshSettings{trustDomain: domain},
		rows: []row{
			{"The owner, through the ingress gateway.", by(domain + "/ns/istio-system/sa/istio-ingressgateway-service-account").as("ann@example.com"), admitted, ""},
			{"The owner's header, from a gateway of the trust domain `cluster.local`.", by(gateway).as("ann@example.com"), refused, ""},
			{"A pod of another profile that forges the owner's header.", by(domain + "/ns/team-b/sa/default-editor").as("ann@example.com"), refused, ""},
			{"A pod of the same profile.", by(domain + "/ns/team-a/sa/default-editor"), admitted, ""},
		},
	}
}
