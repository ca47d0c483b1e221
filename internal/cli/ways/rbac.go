package ways

import (
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

const byRBAC = "RBAC"

// rbacWays are the ways that the role bindings of a namespace open.
func rbacWays(profile string, bindings []rbacv1.RoleBinding) []Way {
	var ways []Way
	for _, b := range bindings {
		for _, subject := range b.Subjects {
			subject = inNamespace(subject, b.Namespace)
			way := subjectWay(profile, subject, b.RoleRef)
			way.Rule, way.Note = "rolebinding/"+b.Name, claimNote(b, subject)
			way.person = personOf(subject)
			ways = append(ways, way)
		}
	}
	return ways
}

// clusterWays are those of bindings for the whole cluster, as far as they open every room.
func clusterWays(profile string, bindings []rbacv1.ClusterRoleBinding, rules map[string][]rbacv1.PolicyRule) []Way {
	var ways []Way
	for _, b := range bindings {
		if !opensEveryRoom(b.RoleRef.Name, rules[b.RoleRef.Name]) {
			continue
		}
		for _, subject := range b.Subjects {
			if ofControlPlane(b, subject) {
				continue
			}
			way := subjectWay(profile, subject, b.RoleRef)
			way.Rule, way.Note = "clusterrolebinding/"+b.Name, "in every namespace"
			way.OfTheCluster = subject.Kind == rbacv1.ServiceAccountKind && subject.Namespace != profile && b.RoleRef.Name != clusterAdmin
			ways = append(ways, way)
		}
	}
	return ways
}

func subjectWay(profile string, subject rbacv1.Subject, role rbacv1.RoleRef) Way {
	return Way{Profile: profile, Who: whoIs(subject), By: byRBAC, May: roleText(role), admits: func(c Caller) bool { return c.isSubject(subject) }}
}

// personOf is the user or group of people that a subject names, or nil. What Kubernetes itself
// calls so is never in a policy of the mesh.
func personOf(subject rbacv1.Subject) *Caller {
	switch {
	case strings.HasPrefix(subject.Name, "system:"):
		return nil
	case subject.Kind == rbacv1.UserKind:
		return &Caller{user: subject.Name}
	case subject.Kind == rbacv1.GroupKind:
		return &Caller{groups: []string{subject.Name}}
	default:
		return nil
	}
}

// inNamespace completes a service account that is of its binding's own namespace.
func inNamespace(subject rbacv1.Subject, namespace string) rbacv1.Subject {
	if subject.Kind == rbacv1.ServiceAccountKind && subject.Namespace == "" {
		subject.Namespace = namespace
	}
	return subject
}

// whoIs writes a subject as --owner takes it.
func whoIs(subject rbacv1.Subject) string {
	switch subject.Kind {
	case rbacv1.UserKind:
		return subject.Name
	case rbacv1.ServiceAccountKind:
		return subject.Kind + ":" + subject.Namespace + "/" + subject.Name
	default:
		return subject.Kind + ":" + subject.Name
	}
}

// roleText is admin, edit or view for the ClusterRoles that stand for them, and otherwise the
// role's own name.
func roleText(role rbacv1.RoleRef) string {
	if role.Kind == "ClusterRole" && isProfileRole(role.Name) {
		return strings.TrimPrefix(role.Name, "kubeflow-")
	}
	return role.Kind + " " + role.Name
}

func isProfileRole(clusterRole string) bool {
	switch clusterRole {
	case "kubeflow-admin", "kubeflow-edit", "kubeflow-view":
		return true
	}
	return false
}

// claimNote points out annotations that say something else than the binding does: the
// dashboard shows what they say.
func claimNote(b rbacv1.RoleBinding, subject rbacv1.Subject) string {
	user, role := b.Annotations["user"], b.Annotations["role"]
	if user == "" && role == "" {
		return ""
	}
	if user != subject.Name || role != roleText(b.RoleRef) {
		return fmt.Sprintf("its annotations claim %q as %q", user, role)
	}
	return ""
}
