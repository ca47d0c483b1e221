package interop

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	securityv1beta1 "istio.io/api/security/v1beta1"
)

// gRPC cannot be asked about a method, a path or a claim, and it answers on whatever port is
// free. The matchers of these look at the following headers instead, and the test sends there what
// they should see.
const (
	standinMethod = "standin-method"
	standinPath   = "standin-path"
	standinPort   = "standin-port"
	// standinClaim is followed by the claim's path and the position of the value in its list.
	standinClaim = "standin-claim"
	// mostValues is how many values of a claim the engine is shown.
	mostValues = 4
)

// withStandins returns rules that ask for the same of a request whose method, path and claims
// are in stand-in headers. Only the place where a matcher looks changes. It fails on anything
// that gRPC's engine would overlook or that it does not know.
func withStandins(t *testing.T, rules *rbacv3.RBAC) *rbacv3.RBAC {
	t.Helper()
	if rules == nil {
		return nil
	}
	rules = proto.CloneOf(rules)
	for name, policy := range rules.Policies {
		for _, permission := range policy.Permissions {
			if err := movePermission(permission); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, principal := range policy.Principals {
			if err := movePrincipal(principal); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	return rules
}

// TestStandinsDecideLikeTheEngine asks about a method and a path that gRPC can be asked about
// both ways.
func TestStandinsDecideLikeTheEngine(t *testing.T) {
	const method, path = "POST", "/grpc.health.v1.Health/Check"
	headers := metadata.Pairs(standinMethod, method, standinPath, path)
	engine := newEngine(t)
	for _, methods := range [][]string{nil, {method}, {"GET"}, {"GET", method}, {"P*"}, {"*T"}, {"p*"}} {
		for _, paths := range [][]string{nil, {path}, {"/healthz"}, {"*/Check"}, {"/grpc*"}, {"*/Watch"}, {path + "/"}, {"/GRPC*"}} {
			if methods == nil && paths == nil {
				continue
			}
			policy := ownedByAnn().policies[0].DeepCopy()
			policy.Spec.Rules = []*securityv1beta1.Rule{{To: []*securityv1beta1.Rule_To{{
				Operation: &securityv1beta1.Operation{Methods: methods, Paths: paths}}}}}
			rules := rulesOf(t, policy)
			want := engine.open(t, rules).admits(t, otherPod, metadata.MD{})
			if got := engine.open(t, withStandins(t, rules)).admits(t, otherPod, headers); got != want {
				t.Errorf("with the methods %q and the paths %q stand-ins are %s, and what they stand for is %s", methods, paths, inWords(got), inWords(want))
			}
		}
	}
}

func movePermission(p *rbacv3.Permission) error {
	switch rule := p.Rule.(type) {
	case *rbacv3.Permission_AndRules:
		return each(rule.AndRules.Rules, movePermission)
	case *rbacv3.Permission_OrRules:
		return each(rule.OrRules.Rules, movePermission)
	case *rbacv3.Permission_NotRule:
		return movePermission(rule.NotRule)
	case *rbacv3.Permission_Any:
		return nil
	case *rbacv3.Permission_Header:
		if rule.Header.Name != ":method" {
			return fmt.Errorf("a permission matches the header %s", rule.Header.Name)
		}
		rule.Header.Name = standinMethod
		return nil
	case *rbacv3.Permission_DestinationPort:
		port := &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: strconv.Itoa(int(rule.DestinationPort))}}
		p.Rule = &rbacv3.Permission_Header{Header: headerThat(standinPort, port)}
		return nil
	case *rbacv3.Permission_UrlPath:
		p.Rule = &rbacv3.Permission_Header{Header: headerThat(standinPath, rule.UrlPath.GetPath())}
		return nil
	default:
		return fmt.Errorf("a permission of the kind %T", rule)
	}
}

func movePrincipal(p *rbacv3.Principal) error {
	switch id := p.Identifier.(type) {
	case *rbacv3.Principal_AndIds:
		return each(id.AndIds.Ids, movePrincipal)
	case *rbacv3.Principal_OrIds:
		return each(id.OrIds.Ids, movePrincipal)
	case *rbacv3.Principal_NotId:
		return movePrincipal(id.NotId)
	case *rbacv3.Principal_Any, *rbacv3.Principal_Authenticated_, *rbacv3.Principal_Header:
		return nil
	case *rbacv3.Principal_Metadata:
		return moveClaim(p, id.Metadata) //nolint:staticcheck // deprecated in Envoy, and what Istio builds all the same
	default:
		return fmt.Errorf("a principal of the kind %T", id)
	}
}

// moveClaim turns the matcher of a claim, which is one value or a list of them, into one that
// looks at the headers of that claim.
func moveClaim(p *rbacv3.Principal, claim *matcherv3.MetadataMatcher) error {
	if claim.Filter != "envoy.filters.http.jwt_authn" || len(claim.Path) < 2 || claim.Path[0].GetKey() != "payload" || claim.Invert {
		return fmt.Errorf("metadata that is no claim of a verified token: %v", claim)
	}
	var path []string
	for _, segment := range claim.Path[1:] {
		path = append(path, segment.GetKey())
	}
	anyOf := &rbacv3.Principal_Set{}
	if err := claimMatchers(anyOf, strings.Join(path, "."), claim.Value); err != nil {
		return err
	}
	p.Identifier = &rbacv3.Principal_OrIds{OrIds: anyOf}
	return nil
}

func claimMatchers(into *rbacv3.Principal_Set, claim string, value *matcherv3.ValueMatcher) error {
	switch value := value.MatchPattern.(type) {
	case *matcherv3.ValueMatcher_OrMatch:
		return each(value.OrMatch.ValueMatchers, func(v *matcherv3.ValueMatcher) error { return claimMatchers(into, claim, v) })
	case *matcherv3.ValueMatcher_ListMatch:
		for i := range mostValues {
			into.Ids = append(into.Ids, &rbacv3.Principal{Identifier: &rbacv3.Principal_Header{
				Header: headerThat(claimHeader(claim, i), value.ListMatch.GetOneOf().GetStringMatch())}})
		}
		return nil
	case *matcherv3.ValueMatcher_StringMatch:
		into.Ids = append(into.Ids, &rbacv3.Principal{Identifier: &rbacv3.Principal_Header{
			Header: headerThat(standinClaim+"-"+claim, value.StringMatch)}})
		return nil
	default:
		return fmt.Errorf("a claim is matched by %T", value)
	}
}

func claimHeader(claim string, i int) string {
	return fmt.Sprintf("%s-%s-%d", standinClaim, claim, i)
}

func headerThat(name string, matches *matcherv3.StringMatcher) *routev3.HeaderMatcher {
	return &routev3.HeaderMatcher{Name: name, HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: matches}}
}

func each[T any](all []T, do func(T) error) error {
	for _, one := range all {
		if err := do(one); err != nil {
			return err
		}
	}
	return nil
}
