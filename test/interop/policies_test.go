package interop

import (
	"slices"
	"strings"
	"testing"

	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	httprbacv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	securityv1beta1 "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/security/authz/builder"
	"istio.io/istio/pilot/pkg/security/trustdomain"
	rbacv1 "k8s.io/api/rbac/v1"
	"pgregory.net/rapid"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func TestIstioTakesEveryPolicy(t *testing.T) {
	for name, build := range everyRoom {
		t.Run(name, func(t *testing.T) {
			for _, policy := range build().policies {
				istioTakes(t, policy)
			}
		})
	}
}

// TestContributorsOfEveryRole has Istio look at the policy of each kind of contributor in
// each role, and at what it makes of it: the role decides nothing in the mesh.
func TestContributorsOfEveryRole(t *testing.T) {
	for _, kind := range []string{rbacv1.UserKind, rbacv1.GroupKind} {
		for _, role := range []tenancy.Role{tenancy.RoleAdmin, tenancy.RoleEdit, tenancy.RoleView} {
			c := guest(kind, "dora", role)
			policy := policyOf(ownedByAnn().grant(c), contributor.ObjectName(c))
			istioTakes(t, policy)
			want := []string{"exact spiffe://" + gateway, "exact spiffe://" + pipelinesUI}
			if kind == rbacv1.GroupKind {
				// A claim may be one value or a list.
				want = append(want, "exact dora", "exact dora")
			} else {
				want = append(want, "exact dora")
			}
			if diff := cmp.Diff(want, matchers(t, rulesOf(t, policy))); diff != "" {
				t.Errorf("the matchers for a %s as %s differ (-want +got):\n%s", kind, role, diff)
			}
		}
	}
}

// TestNamesAreNeverPatterns tries any name that the controller lets pass for an owner or a
// contributor: Istio takes the policy, compares with the whole name, and has no more
// patterns in it than the two that every owner's policy has.
func TestNamesAreNeverPatterns(t *testing.T) {
	patterns := []string{".*/ns/team-a/.*", "/api/kernels"}
	names := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-*a.@:,{}\[\]()$^|\\/"'%# ]{1,12}`))
	kinds := rapid.SampledFrom([]string{rbacv1.UserKind, rbacv1.GroupKind})
	rapid.Check(t, func(r *rapid.T) {
		name, kind := names.Draw(r, "name"), kinds.Draw(r, "kind")
		subject, c := rbacv1.Subject{Kind: kind, Name: name}, guest(kind, name, tenancy.RoleEdit)
		if tenancy.CheckOwner(subject) == nil {
			policy := policyOf(newRoom(profileOf(subject)), tenancy.OwnerAuthorizationPolicy)
			mustCompareWhole(t, r, policy, name, patterns)
		}
		if c.Check() == nil {
			mustCompareWhole(t, r, policyOf(ownedByAnn().grant(c), contributor.ObjectName(c)), name, nil)
		}
	})
}

func mustCompareWhole(t *testing.T, r *rapid.T, policy *istiov1beta1.AuthorizationPolicy, name string, patterns []string) {
	istioTakes(t, policy)
	found := matchers(t, rulesOf(t, policy))
	if !slices.Contains(found, "exact "+name) {
		r.Errorf("nothing is compared with the whole name %q: %q", name, found)
	}
	for _, matcher := range found {
		kind, text, _ := strings.Cut(matcher, " ")
		if kind != "exact" && !slices.Contains(patterns, text) {
			r.Errorf("the name %q became a pattern: %s", name, matcher)
		}
	}
}

func policyOf(r *room, name string) *istiov1beta1.AuthorizationPolicy {
	i := slices.IndexFunc(r.policies, func(policy *istiov1beta1.AuthorizationPolicy) bool { return policy.Name == name })
	return r.policies[i]
}

// rulesOf has Istio's builder turn one policy into rules.
func rulesOf(t *testing.T, policy *istiov1beta1.AuthorizationPolicy) *rbacv3.RBAC {
	t.Helper()
	spec := parse(t, policy).Spec.(*securityv1beta1.AuthorizationPolicy)
	policies := model.AuthorizationPoliciesResult{Allow: []model.AuthorizationPolicy{{Name: policy.Name, Namespace: policy.Namespace, Spec: spec}}}
	filters := builder.New(trustdomain.NewBundle("cluster.local", nil), nil, policies, builder.Option{}).BuildHTTP()
	enforced := &httprbacv3.RBAC{}
	unpack(t, filters[0].GetTypedConfig().UnmarshalTo(enforced))
	return enforced.Rules
}

// matchers lists all that rules compare strings with, in the order of the rules: how, and
// with what.
func matchers(t *testing.T, rules *rbacv3.RBAC) []string {
	t.Helper()
	var found []string
	collect := func(at protopath.Values) error {
		if message, ok := at.Index(-1).Value.Interface().(interface{ Interface() proto.Message }); ok {
			if matcher, ok := message.Interface().(*matcherv3.StringMatcher); ok {
				found = append(found, inShort(matcher))
			}
		}
		return nil
	}
	unpack(t, protorange.Options{Stable: true}.Range(rules.ProtoReflect(), collect, nil))
	return found
}

func inShort(m *matcherv3.StringMatcher) string {
	if m.IgnoreCase {
		return "ignoring-case " + m.String()
	}
	switch pattern := m.MatchPattern.(type) {
	case *matcherv3.StringMatcher_Exact:
		return "exact " + pattern.Exact
	case *matcherv3.StringMatcher_SafeRegex:
		return "regex " + pattern.SafeRegex.Regex
	case *matcherv3.StringMatcher_Suffix:
		return "suffix " + pattern.Suffix
	default:
		return "other " + m.String()
	}
}
