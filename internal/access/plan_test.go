package access

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// TestPlanOfPolicies has what is between two writes of two programs: the controller takes
// over what was granted when a Profile declares it, and lets go of it one by one.
func TestPlanOfPolicies(t *testing.T) {
	guest := guestOf("team-a", "vic", "edit")
	name, legacy := contributor.ObjectName(guest), contributor.LegacyName(guest)
	binding, policy := contributor.RoleBinding(guest), contributor.Policy(guest, testSettings())
	declaredBinding, declaredPolicy := binding.DeepCopy(), policy.DeepCopy()
	contributor.MarkDeclared(declaredBinding)
	contributor.MarkDeclared(declaredPolicy)
	oldBinding, oldPolicy := oldPair(guest)
	stale, staleOld := policy.DeepCopy(), oldPolicy.DeepCopy()
	stale.Spec.Rules, staleOld.Spec.Rules = nil, nil
	owner := guestOf("team-a", "alice", "admin")
	ownersBinding := contributor.RoleBinding(owner)
	ownersBinding.Name = tenancy.OwnerRoleBinding

	type objects struct {
		bindings []*rbacv1.RoleBinding
		policies []*istiov1beta1.AuthorizationPolicy
	}
	one := func(b *rbacv1.RoleBinding, policies ...*istiov1beta1.AuthorizationPolicy) objects {
		return objects{[]*rbacv1.RoleBinding{b}, policies}
	}
	tests := map[string]struct {
		have objects
		want []string
	}{
		"whole":                            {one(binding, policy), nil},
		"no policy":                        {one(binding), []string{"create " + name}},
		"old, no policy":                   {one(oldBinding), []string{"create " + legacy}},
		"old binding, new policy":          {one(oldBinding, policy), nil},
		"both policies stale":              {one(binding, stale, staleOld), []string{"rewrite " + name, "rewrite " + legacy}},
		"declared":                         {one(declaredBinding, declaredPolicy), nil},
		"declared, policy not yet there":   {one(declaredBinding), nil},
		"declared, policy still ours":      {one(declaredBinding, policy), nil},
		"declared, our stale policy":       {one(declaredBinding, stale), nil},
		"declared and granted, no policy":  {objects{bindings: []*rbacv1.RoleBinding{oldBinding, declaredBinding}}, nil},
		"declared no more, policy going":   {objects{policies: []*istiov1beta1.AuthorizationPolicy{declaredPolicy}}, nil},
		"granted, the controller's policy": {one(binding, declaredPolicy), nil},
		"nobody's policy":                  {objects{policies: []*istiov1beta1.AuthorizationPolicy{policy, oldPolicy}}, []string{"remove " + name, "remove " + legacy}},
		"the owner's, and a revoked grant": {one(ownersBinding, contributor.Policy(owner, testSettings())), []string{"remove " + contributor.ObjectName(owner)}},
		"the owner's alone":                {one(ownersBinding), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var bindings []rbacv1.RoleBinding
			for _, b := range test.have.bindings {
				bindings = append(bindings, *b)
			}
			var got []string
			for _, s := range planPolicies(bindings, test.have.policies, testSettings()) {
				switch s.verb {
				case create:
					got = append(got, fmt.Sprint("create ", s.want.Name))
				case rewrite:
					got = append(got, fmt.Sprint("rewrite ", s.live.Name))
				case remove:
					got = append(got, fmt.Sprint("remove ", s.live.Name))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
