package interop

func additionalPolicy() section {
	return section{
		title: "What the product does not keep anybody from: a policy of somebody else",
		about: "The room that ann owns, and in its namespace one more AuthorizationPolicy with the rule `{}`.",
		room:  withPolicyOfOthers,
		rows: []row{
			{"A pod of another profile.", by(otherPod), admitted, "Allowing policies add up. Guard the right to write them."},
			{"A caller outside the mesh.", byNobody(), admitted, ""},
		},
	}
}

func dryRun() section {
	return section{
		title: "What the product does not keep anybody from: a dry run",
		about: "The room that ann owns; somebody annotated the owner's policy with `istio.io/dry-run: \"true\"`.",
		room:  onlyTried,
		rows: []row{
			{"A pod of another profile.", by(otherPod), admitted, "Istio enforces no policy that is only tried. Guard the right to write policies."},
			{"A caller outside the mesh, to a port that does not speak HTTP.", byNobody().overTCP(), admitted, ""},
		},
	}
}
