package ways

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

const clusterAdmin = "cluster-admin"

// inRooms are resources of Profiles' namespaces: whoever may do anything with them in every
// namespace works in every Profile, or sees what is in it. Through a node's proxy one gets
// into its pods.
var inRooms = map[string][]string{
	"": {"pods", "pods/attach", "pods/ephemeralcontainers", "pods/exec", "pods/log", "pods/portforward", "pods/proxy", "nodes/proxy",
		"configmaps", "secrets", "services", "services/proxy", "serviceaccounts/token", "persistentvolumeclaims", "replicationcontrollers"},
	"apps":         {"daemonsets", "deployments", "replicasets", "statefulsets"},
	"batch":        {"cronjobs", "jobs"},
	"kubeflow.org": {"notebooks"},
}

// leverages are resources by which those who may write them, or act as them, can get in.
var leverages = map[string][]string{
	"":                  {"groups", "serviceaccounts", "users"},
	rbacv1.GroupName:    {"clusterrolebindings", "clusterroles", "rolebindings", "roles"},
	"security.istio.io": {"authorizationpolicies"},
	"kubeflow.org":      {"profiles"},
}

// opensEveryRoom tells whether a ClusterRole that is bound for the whole cluster lets into
// Profiles' namespaces. The roles that are made for that always count.
func opensEveryRoom(role string, rules []rbacv1.PolicyRule) bool {
	return role == clusterAdmin || isProfileRole(role) || slices.ContainsFunc(rules, opensRooms)
}

func opensRooms(rule rbacv1.PolicyRule) bool {
	writes := slices.ContainsFunc(rule.Verbs, func(verb string) bool { return verb != "get" && verb != "list" && verb != "watch" })
	return len(rule.Verbs) > 0 && covers(rule, inRooms) || writes && covers(rule, leverages)
}

// covers tells whether a rule is about any of these resources.
func covers(rule rbacv1.PolicyRule, resources map[string][]string) bool {
	for group, names := range resources {
		if !slices.Contains(rule.APIGroups, group) && !slices.Contains(rule.APIGroups, rbacv1.APIGroupAll) {
			continue
		}
		for _, name := range names {
			_, part, _ := strings.Cut(name, "/")
			if slices.Contains(rule.Resources, name) || slices.Contains(rule.Resources, rbacv1.ResourceAll) ||
				part != "" && slices.Contains(rule.Resources, "*/"+part) {
				return true
			}
		}
	}
	return false
}

// ofControlPlane tells whether a subject is a part of Kubernetes itself, in a binding that it
// made for that: every cluster has dozens. Groups that others belong to are not.
func ofControlPlane(b rbacv1.ClusterRoleBinding, subject rbacv1.Subject) bool {
	if !strings.HasPrefix(b.Name, "system:") {
		return false
	}
	if subject.Kind == rbacv1.ServiceAccountKind {
		return subject.Namespace == "kube-system"
	}
	return strings.HasPrefix(subject.Name, "system:") && !isForOthers(subject)
}

// isForOthers tells whether a name that Kubernetes reserves stands for callers of all kinds.
func isForOthers(subject rbacv1.Subject) bool {
	switch subject.Name {
	case "system:masters", everyAuthenticated, everyUnauthenticated, everyAccount, anonymous:
		return true
	}
	return strings.HasPrefix(subject.Name, everyAccount+":") || strings.HasPrefix(subject.Name, accountPrefix)
}
