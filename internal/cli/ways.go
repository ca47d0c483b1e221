package cli

import (
	"fmt"
	"slices"
	"strings"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Way is one way into a Profile's namespace, as "kubectl profile access" shows it.
type Way struct {
	// Profile is the name of the Profile.
	Profile string `json:"profile"`
	// Who gets in: a user's name, or Group:NAME, ServiceAccount:NAMESPACE/NAME, or words
	// such as "pods of namespace x" and "anybody".
	Who string `json:"who"`
	// By is RBAC, mesh or cloud: who may use the API server there, who may send requests to
	// pods there, and what pods from there may use outside.
	By string `json:"by"`
	// May says what it opens: a role, requests, or an identity.
	May string `json:"may"`
	// Rule is the object that opens it, as KIND/NAME.
	Rule string `json:"rule"`
	// Note points out what is odd about it.
	Note string `json:"note,omitempty"`
}

// rbacWays are the ways that the role bindings of a namespace open.
func rbacWays(profile string, bindings []rbacv1.RoleBinding) []Way {
	var ways []Way
	for _, b := range bindings {
		for _, subject := range b.Subjects {
			ways = append(ways, Way{Profile: profile, Who: whoIs(subject, b.Namespace), By: "RBAC", May: roleText(b.RoleRef),
				Rule: "rolebinding/" + b.Name, Note: claimNote(b, subject)})
		}
	}
	return ways
}

// clusterWays are those of bindings for the whole cluster, as far as they open every room.
func clusterWays(profile string, bindings []rbacv1.ClusterRoleBinding) []Way {
	var ways []Way
	for _, b := range bindings {
		if b.RoleRef.Name != "cluster-admin" && !strings.HasPrefix(b.RoleRef.Name, "kubeflow-") {
			continue
		}
		for _, subject := range b.Subjects {
			ways = append(ways, Way{Profile: profile, Who: whoIs(subject, ""), By: "RBAC", May: roleText(b.RoleRef),
				Rule: "clusterrolebinding/" + b.Name, Note: "in every namespace"})
		}
	}
	return ways
}

// whoIs writes a subject as --owner takes it.
func whoIs(subject rbacv1.Subject, namespace string) string {
	if subject.Kind == rbacv1.ServiceAccountKind {
		if subject.Namespace != "" {
			namespace = subject.Namespace
		}
		return subject.Kind + ":" + namespace + "/" + subject.Name
	}
	return subjectText(subject.Kind, subject.Name)
}

// roleText is admin, edit or view for the ClusterRoles that stand for them, and otherwise the
// role's own name.
func roleText(role rbacv1.RoleRef) string {
	switch role.Name {
	case "kubeflow-admin", "kubeflow-edit", "kubeflow-view":
		return strings.TrimPrefix(role.Name, "kubeflow-")
	}
	return role.Kind + " " + role.Name
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

// noPolicy stands for the rule where no policy says who may send requests.
const noPolicy = "no authorizationpolicy"

// meshWays are the ways that the policies of a namespace open. Without a policy that allows
// something, Istio lets everybody in.
func meshWays(profile string, policies []*istiov1beta1.AuthorizationPolicy) []Way {
	var ways []Way
	for _, p := range policies {
		if p.Spec.Action != istioapi.AuthorizationPolicy_ALLOW {
			continue
		}
		for _, rule := range p.Spec.Rules {
			for _, who := range admitted(rule) {
				way := Way{Profile: profile, Who: who, By: "mesh", May: requests(rule), Rule: "authorizationpolicy/" + p.Name}
				if p.Spec.Selector != nil {
					way.Note = "for selected pods only"
				}
				ways = append(ways, way)
			}
		}
	}
	if len(ways) == 0 {
		ways = append(ways, Way{Profile: profile, Who: "anybody", By: "mesh", May: "every request", Rule: noPolicy,
			Note: "without a policy that allows something the mesh refuses nobody"})
	}
	return ways
}

// admitted names whom a rule lets in.
func admitted(rule *istioapi.Rule) []string {
	var who []string
	for _, condition := range rule.When {
		for _, value := range condition.Values {
			switch {
			case strings.HasPrefix(condition.Key, "request.headers["):
				who = append(who, value)
			case strings.HasPrefix(condition.Key, "request.auth.claims["):
				who = append(who, "Group:"+value)
			case condition.Key == "source.namespace":
				who = append(who, "pods of namespace "+value)
			default:
				who = append(who, condition.Key+"="+value)
			}
		}
	}
	if len(who) == 0 {
		who = sources(rule)
	}
	if len(who) == 0 {
		who = []string{"anybody"}
	}
	return who
}

func sources(rule *istioapi.Rule) []string {
	var who []string
	for _, from := range rule.From {
		for _, principal := range from.Source.GetPrincipals() {
			who = append(who, "program "+principal)
		}
		for _, namespace := range from.Source.GetNamespaces() {
			who = append(who, "pods of namespace "+namespace)
		}
	}
	return who
}

// requests says which requests a rule allows.
func requests(rule *istioapi.Rule) string {
	var parts []string
	for _, to := range rule.To {
		text := strings.Join(to.Operation.GetPaths(), " ")
		if methods := to.Operation.GetMethods(); len(methods) > 0 {
			text = strings.Join(methods, ",") + " " + text
		}
		parts = append(parts, text)
	}
	if len(parts) > 0 {
		return strings.Join(parts, "; ")
	}
	if len(rule.From) > 0 && len(rule.When) > 0 {
		return "every request through the gateway"
	}
	return "every request"
}

// cloudWays are the identities that pods of the namespace have.
func cloudWays(p *profilev1.Profile) []Way {
	var ways []Way
	for _, identity := range p.Status.Identities {
		way := Way{Profile: p.Name, Who: "ServiceAccount:" + p.Name + "/" + identity.ServiceAccount, By: "cloud", May: "use " + identity.Identity,
			Rule: "profile/" + p.Name + " " + identity.Plugin}
		if identity.Phase != profilev1.IdentityBound {
			way.Note = "not yet, or not any more: " + string(identity.Phase)
		}
		ways = append(ways, way)
	}
	return ways
}

// halfOpen notes who may use the API server and is not let in by the mesh, or the other way
// round: such a pair is half made.
func halfOpen(ways []Way) []Way {
	has := func(who, by string) bool {
		return slices.ContainsFunc(ways, func(w Way) bool { return w.By == by && (w.Who == who || strings.HasSuffix(w.Who, ":"+who)) })
	}
	if slices.ContainsFunc(ways, func(w Way) bool { return w.Rule == noPolicy }) {
		return ways // Everybody gets in.
	}
	for i, w := range ways {
		isPerson := strings.HasPrefix(w.Rule, "rolebinding/") && !strings.HasPrefix(w.Who, "ServiceAccount:")
		if w.Note == "" && w.By == "RBAC" && isPerson && !has(w.Who, "mesh") {
			ways[i].Note = "RBAC only: no mesh policy lets them in"
		}
	}
	return ways
}
