package interop

func sharedRoom() section {
	return section{
		title: "A room with contributors",
		about: "Owned by `ann@example.com`. The Profile declares the user `carl@example.com` (edit) and the group `ml-team` (view); " +
			"through the access API the owner invited `dora@example.com` (view), the group `ops-team` (admin) and the service account `bot` of the namespace `ci` (edit).",
		room: shared,
		rows: []row{
			{"The owner, through the ingress gateway.", by(gateway).as("ann@example.com"), admitted, ""},
			{"The declared user, through the ingress gateway.", by(gateway).as("carl@example.com"), admitted, ""},
			{"The invited user, through the ingress gateway.", by(gateway).as("dora@example.com"), admitted, ""},
			{"The invited user, through the Pipelines UI.", by(pipelinesUI).as("dora@example.com"), admitted, ""},
			{"The invited service account, through the ingress gateway.", by(gateway).as("system:serviceaccount:ci:bot"), admitted, ""},
			{"A user who is called like the service account: `bot`.", by(gateway).as("bot"), refused, ""},
			{"A pod of another profile that forges a contributor's header.", by(otherPod).as("dora@example.com"), refused, ""},
			{"A contributor, to a port that does not speak HTTP.", by(gateway).as("dora@example.com").overTCP(), refused, ""},
			{"A member of the declared group.", by(gateway).as("gus@example.com").in("ml-team"), admitted, ""},
			{"A member of the invited group and of others.", by(gateway).as("gus@example.com").in("staff", "berlin", "ops-team"), admitted, ""},
			{"A member of other groups.", by(gateway).as("gus@example.com").in("staff", "ml"), refused, ""},
			{"A member of a group whose name begins with a contributing one's.", by(gateway).as("gus@example.com").in("ml-team-2"), refused, ""},
			{"A user who is called like the group.", by(gateway).as("ml-team"), refused, ""},
			{"A header that names the group.", by(gateway).as("gus@example.com").header("kubeflow-groups", "ml-team"), refused,
				"Groups count by the verified token alone."},
			{"A pod of another profile, with the token of a member.", by(otherPod).in("ml-team"), refused, ""},
		},
	}
}

func noLongerSharedRoom() section {
	return section{
		title: "The same room after all contributors were taken out",
		about: "The declared ones were removed from the Profile, the others revoked through the access API.",
		room:  noLongerShared,
		rows: []row{
			{"The owner, through the ingress gateway.", by(gateway).as("ann@example.com"), admitted, ""},
			{"The user who was declared.", by(gateway).as("carl@example.com"), refused, ""},
			{"The user who was invited.", by(gateway).as("dora@example.com"), refused, ""},
			{"The user who was invited, through the Pipelines UI.", by(pipelinesUI).as("dora@example.com"), refused, ""},
			{"The service account that was invited.", by(gateway).as("system:serviceaccount:ci:bot"), refused, ""},
			{"A member of the group that was declared.", by(gateway).as("gus@example.com").in("ml-team"), refused, ""},
			{"A member of the group that was invited.", by(gateway).as("gus@example.com").in("ops-team"), refused, ""},
		},
	}
}

func groupsRoom() section {
	return section{
		title: "A room that a group owns",
		about: "Owned by the group `data-science`, which the claim `groups` of the user's token lists. The mesh must verify tokens at the pods, not only at the gateway: " +
			"without a RequestAuthentication for them no member is admitted.",
		room: ownedByGroup,
		rows: []row{
			{"A member, through the ingress gateway.", by(gateway).as("gus@example.com").in("data-science"), admitted, ""},
			{"A member of several groups.", by(gateway).as("gus@example.com").in("staff", "data-science"), admitted, ""},
			{"A member of other groups.", by(gateway).as("gus@example.com").in("staff", "data", "science"), refused, ""},
			{"A member of a group whose name contains the owner's.", by(gateway).as("gus@example.com").in("not-data-science", "data-science-2"), refused, ""},
			{"A user without a token.", by(gateway).as("gus@example.com"), refused, ""},
			{"A user who is called like the group.", by(gateway).as("data-science"), refused, ""},
			{"A pod of another profile, with the token of a member.", by(otherPod).in("data-science"), refused, ""},
			{"A caller outside the mesh, with the token of a member.", byNobody().in("data-science"), refused, ""},
		},
	}
}

func accountsRoom() section {
	return section{
		title: "A room that a service account owns",
		about: "Owned by the service account `bot` of the namespace `ci`. A gateway that accepts its token names it as Kubernetes does.",
		room:  ownedByAccount,
		rows: []row{
			{"The service account, through the ingress gateway.", by(gateway).as("system:serviceaccount:ci:bot"), admitted, ""},
			{"A person who is called `bot`.", by(gateway).as("bot"), refused, ""},
			{"A service account of the same name in another namespace.", by(gateway).as("system:serviceaccount:team-b:bot"), refused, ""},
			{"A service account whose name begins with the owner's.", by(gateway).as("system:serviceaccount:ci:bot-2"), refused, ""},
			{"A pod that runs as the service account, without the gateway.", by("cluster.local/ns/ci/sa/bot"), refused,
				"Who owns a room comes in through the gateway, like every user."},
			{"A pod of another profile that forges the account's header.", by(otherPod).as("system:serviceaccount:ci:bot"), refused, ""},
		},
	}
}
