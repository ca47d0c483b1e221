package access

import (
	"cmp"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"
	rbacv1 "k8s.io/api/rbac/v1"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// verb is what a step does with a policy.
type verb int

const (
	create verb = iota
	rewrite
	remove
)

// step is one write that brings a policy in line with its RoleBinding.
type step struct {
	verb        verb
	contributor contributor.Contributor
	// live is the policy as it is; nil for create.
	live *istiov1beta1.AuthorizationPolicy
	// want is the policy as it should be; nil for remove.
	want *istiov1beta1.AuthorizationPolicy
}

// planPolicies compares the policies of one namespace with its RoleBindings. Every
// contributor gets a policy, or has theirs brought up to date; a contributor's policy
// without a RoleBinding goes. What the controller keeps is not touched, nor is any policy
// that is nobody's.
func planPolicies(bindings []rbacv1.RoleBinding, policies []*istiov1beta1.AuthorizationPolicy, settings contributor.Settings) []step {
	granted, declared := grantedAndDeclared(bindings)
	present := map[contributor.Contributor][]*istiov1beta1.AuthorizationPolicy{}
	names := map[string]*istiov1beta1.AuthorizationPolicy{}
	for _, policy := range policies {
		names[policy.Name] = policy
		if c, ok := contributor.ReadPolicy(policy); ok {
			present[c] = append(present[c], policy)
		}
	}
	var steps []step
	for _, c := range inTurn(granted) {
		if !declared[c] {
			steps = append(steps, fulfil(c, granted[c], present[c], names, settings)...)
		}
	}
	for _, c := range inTurn(present) {
		if _, bound := granted[c]; bound || declared[c] {
			continue
		}
		for _, policy := range present[c] {
			steps = append(steps, step{verb: remove, contributor: c, live: policy})
		}
	}
	return steps
}

// grantedAndDeclared sorts the RoleBindings of one namespace: the names of those that were
// granted, and who is declared. The owner's belongs to neither.
func grantedAndDeclared(bindings []rbacv1.RoleBinding) (granted map[contributor.Contributor][]string, declared map[contributor.Contributor]bool) {
	granted, declared = map[contributor.Contributor][]string{}, map[contributor.Contributor]bool{}
	for i := range bindings {
		b, err := readBinding(&bindings[i])
		switch {
		case err != nil || b.Source == Owner:
		case b.Source == Declared:
			declared[b.Contributor] = true
		default:
			granted[b.Contributor] = append(granted[b.Contributor], b.Object)
		}
	}
	return granted, declared
}

// fulfil returns what has to be done so that c is admitted.
func fulfil(c contributor.Contributor, objects []string, present []*istiov1beta1.AuthorizationPolicy,
	names map[string]*istiov1beta1.AuthorizationPolicy, settings contributor.Settings) []step {
	want := contributor.Policy(c, settings)
	squatter := names[want.Name]
	switch {
	case len(present) > 0:
	case squatter == nil:
		if legacy := contributor.LegacyName(c); slices.Contains(objects, legacy) && names[legacy] == nil {
			want.Name = legacy
		}
		return []step{{verb: create, contributor: c, want: want}}
	case squatter.Labels[tenancy.ManagedByLabel] != tenancy.ManagedByValue:
		// Only c's policy can have this name; somebody took away what else says so.
		present = append(present, squatter)
	}
	var steps []step
	for _, policy := range present {
		if outdated(policy, want) {
			steps = append(steps, step{verb: rewrite, contributor: c, live: policy, want: want})
		}
	}
	return steps
}

// outdated tells whether a policy admits others, or through other doors, than it should.
func outdated(live, want *istiov1beta1.AuthorizationPolicy) bool {
	for key, value := range want.Annotations {
		if live.Annotations[key] != value {
			return true
		}
	}
	return !proto.Equal(&live.Spec, &want.Spec)
}

// inTurn returns contributors in a fixed order.
func inTurn[V any](of map[contributor.Contributor]V) []contributor.Contributor {
	return slices.SortedFunc(maps.Keys(of), func(one, other contributor.Contributor) int {
		return cmp.Or(cmp.Compare(one.Kind, other.Kind), cmp.Compare(one.Name, other.Name), cmp.Compare(one.Role, other.Role))
	})
}
