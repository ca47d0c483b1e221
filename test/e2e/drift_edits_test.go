package e2e

import (
	"strings"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func deletions() []drift {
	var all []drift
	for _, o := range childrenOf("drift") {
		all = append(all, drift{"deleted " + kindAndName(o), func(f *fixture) { f.remove(o) },
			[]string{"create " + resourceOf(o) + " drift/" + o.GetName()}})
	}
	return all
}

func namespaceEdits() []drift {
	edit := func(what string, how func(*corev1.Namespace)) drift {
		return drift{"namespace: " + what, func(f *fixture) { change(f, namespaceNamed("drift"), how) }, []string{"patch namespaces drift"}}
	}
	return []drift{
		edit("owner annotation changed", func(n *corev1.Namespace) { n.Annotations["owner"] = "thief@example.com" }),
		edit("owner annotation removed", func(n *corev1.Namespace) { n.Annotations = nil }),
		edit("default label removed", func(n *corev1.Namespace) { delete(n.Labels, "app.kubernetes.io/part-of") }),
		edit("sidecar label removed", func(n *corev1.Namespace) { delete(n.Labels, "istio-injection") }),
		edit("owner reference removed", func(n *corev1.Namespace) { n.OwnerReferences = nil }),
	}
}

func accountEdits() []drift {
	var all []drift
	for _, name := range []string{editor, viewer} {
		edit := func(what string, how func(*corev1.ServiceAccount)) drift {
			return drift{"account " + name + ": " + what, func(f *fixture) { change(f, accountNamed("drift", name), how) },
				[]string{"patch serviceaccounts drift/" + name}}
		}
		all = append(all,
			edit("label removed", func(a *corev1.ServiceAccount) { a.Labels = nil }),
			edit("label changed", func(a *corev1.ServiceAccount) { a.Labels[managedBy] = "somebody" }),
			edit("owner reference removed", func(a *corev1.ServiceAccount) { a.OwnerReferences = nil }),
		)
	}
	return all
}

func bindingEdits() []drift {
	var all []drift
	for _, name := range []string{editor, viewer, ownerAdmin} {
		edit := func(what string, how func(*rbacv1.RoleBinding)) drift {
			return drift{"binding " + name + ": " + what, func(f *fixture) { change(f, bindingNamed("drift", name), how) },
				[]string{"patch rolebindings drift/" + name}}
		}
		all = append(all,
			edit("label removed", func(b *rbacv1.RoleBinding) { b.Labels = nil }),
			edit("owner reference removed", func(b *rbacv1.RoleBinding) { b.OwnerReferences = nil }),
			edit("subject added", func(b *rbacv1.RoleBinding) { b.Subjects = append(b.Subjects, user("thief@example.com")) }),
			edit("subject exchanged", func(b *rbacv1.RoleBinding) { b.Subjects[0] = user("thief@example.com") }),
			edit("no subjects", func(b *rbacv1.RoleBinding) { b.Subjects = nil }),
		)
	}
	ofOwner := func(what string, how func(*rbacv1.RoleBinding)) drift {
		return drift{"binding " + ownerAdmin + ": " + what, func(f *fixture) { change(f, bindingNamed("drift", ownerAdmin), how) },
			[]string{"patch rolebindings drift/" + ownerAdmin}}
	}
	return append(all,
		ofOwner("user annotation changed", func(b *rbacv1.RoleBinding) { b.Annotations["user"] = "thief@example.com" }),
		ofOwner("user annotation removed", func(b *rbacv1.RoleBinding) { delete(b.Annotations, "user") }),
		ofOwner("role annotation changed", func(b *rbacv1.RoleBinding) { b.Annotations["role"] = "view" }),
	)
}

func policyEdits() []drift {
	edit := func(what string, how func(*istiov1beta1.AuthorizationPolicy)) drift {
		return drift{"policy: " + what, func(f *fixture) { change(f, policyIn("drift"), how) },
			[]string{"patch authorizationpolicies drift/" + ownerPolicy}}
	}
	return []drift{
		edit("label removed", func(p *istiov1beta1.AuthorizationPolicy) { p.Labels = nil }),
		edit("user annotation changed", func(p *istiov1beta1.AuthorizationPolicy) { p.Annotations["user"] = "thief@example.com" }),
		edit("owner reference removed", func(p *istiov1beta1.AuthorizationPolicy) { p.OwnerReferences = nil }),
		edit("rule removed", func(p *istiov1beta1.AuthorizationPolicy) { p.Spec.Rules = p.Spec.Rules[1:] }),
		edit("everybody admitted", func(p *istiov1beta1.AuthorizationPolicy) { p.Spec.Rules = []*istioapi.Rule{{}} }),
		edit("action changed", func(p *istiov1beta1.AuthorizationPolicy) { p.Spec.Action = istioapi.AuthorizationPolicy_DENY }),
		edit("header value changed", func(p *istiov1beta1.AuthorizationPolicy) {
			p.Spec.Rules[0].When[0].Values = []string{"*"}
		}),
	}
}

func quotaEdits() []drift {
	edit := func(what string, how func(*corev1.ResourceQuota)) drift {
		return drift{"quota: " + what, func(f *fixture) { change(f, quotaIn("drift"), how) },
			[]string{"patch resourcequotas drift/" + quotaName}}
	}
	return []drift{
		edit("label removed", func(q *corev1.ResourceQuota) { q.Labels = nil }),
		edit("owner reference removed", func(q *corev1.ResourceQuota) { q.OwnerReferences = nil }),
		edit("limit raised", func(q *corev1.ResourceQuota) { q.Spec.Hard["cpu"] = amounts("cpu", "200")["cpu"] }),
		edit("limit added", func(q *corev1.ResourceQuota) { q.Spec.Hard["pods"] = amounts("pods", "1")["pods"] }),
		edit("limit removed", func(q *corev1.ResourceQuota) { delete(q.Spec.Hard, "memory") }),
		edit("all limits removed", func(q *corev1.ResourceQuota) { q.Spec.Hard = nil }),
		edit("selector added", func(q *corev1.ResourceQuota) {
			q.Spec.ScopeSelector = &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{
				{ScopeName: corev1.ResourceQuotaScopeNotBestEffort, Operator: corev1.ScopeSelectorOpExists}}}
		}),
	}
}

// exchanges replaces what cannot be changed, the role of a binding and the scopes of a
// quota, while no controller is there to put ours back at once.
func exchanges() []drift {
	return []drift{{"replaced while the controller was away", func(f *fixture) {
		options := running.options
		f.stop()
		for _, name := range []string{editor, viewer, ownerAdmin} {
			old := live(f, bindingNamed("drift", name))
			f.remove(old)
			f.create(MakeBinding("drift", name, "kubeflow-other", old.Subjects[0]))
		}
		old, other := live(f, quotaIn("drift")), quotaIn("drift")
		other.Spec.Hard = old.Spec.Hard
		f.remove(old)
		f.create(other)
		f.startWith(options)
	}, []string{
		"delete rolebindings drift/" + editor, "create rolebindings drift/" + editor,
		"delete rolebindings drift/" + viewer, "create rolebindings drift/" + viewer,
		"delete rolebindings drift/" + ownerAdmin, "create rolebindings drift/" + ownerAdmin,
		"delete resourcequotas drift/" + quotaName, "create resourcequotas drift/" + quotaName,
	}}}
}

// resourceOf is the plural under which the audit log knows the kind.
func resourceOf(o client.Object) string {
	switch o.(type) {
	case *istiov1beta1.AuthorizationPolicy:
		return "authorizationpolicies"
	default:
		return strings.ToLower(kindOf(o)) + "s"
	}
}
