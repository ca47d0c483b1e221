package ways

import (
	"context"
	"fmt"
	"slices"
	"strings"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Leaver is somebody who was taken out of a Profile, in one role or in all.
type Leaver struct {
	// Kind is User or Group.
	Kind, Name string
	// Role is empty for all.
	Role string
}

// is tells whether a contributor is the one who leaves.
func (l Leaver) is(c contributor.Contributor) bool {
	return c.Kind == l.Kind && c.Name == l.Name && (l.Role == "" || string(c.Role) == l.Role)
}

// holds tells whether a role binding names who leaves, in such a role.
func (l Leaver) holds(b *rbacv1.RoleBinding) bool {
	return (l.Role == "" || roleText(b.RoleRef) == l.Role) && slices.ContainsFunc(b.Subjects, l.isSubject)
}

func (l Leaver) isSubject(subject rbacv1.Subject) bool {
	if l.Kind == rbacv1.GroupKind {
		return Caller{groups: []string{l.Name}}.isSubject(subject)
	}
	return Caller{user: l.Name}.isSubject(subject)
}

// leftovers are what still lets in who leaves, in spite of the Profile.
type leftovers struct {
	// owner tells that the Profile is theirs.
	owner bool
	// granted are the objects that the dashboard made for them alone, and others the role
	// bindings that say something else besides.
	granted, others []string
}

func (l leftovers) none() bool { return !l.owner && len(l.granted)+len(l.others) == 0 }

// leftoversOf looks for what the controller does not take away by itself: what a Profile declared,
// and the pair that stood for the same contributor before.
func leftoversOf(l Leaver, owner rbacv1.Subject, bindings []rbacv1.RoleBinding, policies []*istiov1beta1.AuthorizationPolicy) leftovers {
	declared := map[contributor.Contributor]bool{}
	for i := range bindings {
		if c, err := contributor.Read(&bindings[i]); err == nil && contributor.Declared(&bindings[i]) {
			declared[c] = true
		}
	}
	goes := func(c contributor.Contributor, name string) bool {
		return declared[c] && name == contributor.LegacyName(c)
	}
	var left leftovers
	for i := range bindings {
		b := &bindings[i]
		if contributor.Declared(b) || !l.holds(b) {
			continue
		}
		c, err := contributor.Read(b)
		switch {
		case b.Name == tenancy.OwnerRoleBinding && l.isSubject(owner):
			left.owner = true
		case err != nil || b.Name == tenancy.OwnerRoleBinding:
			left.others = append(left.others, "rolebinding/"+b.Name)
		case !goes(c, b.Name):
			left.granted = append(left.granted, "rolebinding/"+b.Name)
		}
	}
	for _, p := range policies {
		if c, ok := contributor.ReadPolicy(p); ok && l.is(c) && !goes(c, p.Name) {
			left.granted = append(left.granted, policyText(p))
		}
	}
	return left
}

// StillIn is the error that says by what somebody who was taken out of a Profile still gets in,
// or nil.
func StillIn(ctx context.Context, cluster client.Client, p *profilev1.Profile, l Leaver) error {
	var bindings rbacv1.RoleBindingList
	if err := cluster.List(ctx, &bindings, client.InNamespace(p.Name)); err != nil {
		return fmt.Errorf("see whether %s %s still has access: %w", l.Kind, l.Name, err)
	}
	policies, err := listPolicies(ctx, cluster, p.Name)
	if err != nil && !isUnserved(err) {
		return fmt.Errorf("see whether %s %s still has access: %w", l.Kind, l.Name, err)
	}
	left := leftoversOf(l, p.Spec.Owner, bindings.Items, policies)
	if left.none() {
		return nil
	}
	return left.complaint(p.Name, l)
}

// complaint says what is left and how to take it away.
func (l leftovers) complaint(namespace string, who Leaver) error {
	said := who.Kind + " " + plain.Text(who.Name)
	var lines []string
	if l.owner {
		lines = append(lines, fmt.Sprintf("%s owns profile/%s. Give it to somebody else: kubectl profile transfer %s --owner OWNER", said, namespace, namespace))
	}
	if len(l.granted) > 0 {
		lines = append(lines, fmt.Sprintf("%s still has access, which is not written in the Profile, by %s. Take it away in the dashboard, or:\n  kubectl delete -n %s %s",
			said, plain.Text(strings.Join(l.granted, ", ")), namespace, plain.ShellWords(l.granted...)))
	}
	for _, object := range l.others {
		lines = append(lines, fmt.Sprintf("%s still has access by %s, which is no contributor's. Look at it and change or delete it:\n  kubectl edit -n %s %s",
			said, plain.Text(object), namespace, plain.ShellWords(object)))
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}
