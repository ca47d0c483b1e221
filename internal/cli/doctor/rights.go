package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// right is something that somebody may do.
type right = authorizationv1.ResourceAttributes

// tooMuch are rights that the controller never needs, the widest first.
var tooMuch = []struct {
	right
	means string
}{
	{right{Verb: "*", Group: "*", Resource: "*"}, "do everything, as cluster-admin"},
	{right{Verb: "escalate", Group: rbacv1.GroupName, Resource: "clusterroles"}, "give itself any right (escalate)"},
	{right{Verb: "bind", Group: rbacv1.GroupName, Resource: "clusterroles"}, "bind any ClusterRole"},
	{right{Verb: "impersonate", Resource: "users"}, "act as any user (impersonate)"},
	{right{Verb: "get", Resource: "secrets"}, "read secrets of all namespaces"},
	{right{Verb: "delete", Resource: "namespaces"}, "delete namespaces"},
}

func examineRights(ctx context.Context, e *examination) ([]Finding, error) {
	i := e.controller()
	needed, err := neededRights(i)
	if err != nil {
		return nil, err
	}
	missing, err := e.answered(ctx, i, needed, false)
	if err != nil {
		return nil, err
	}
	var excess []right
	for _, t := range tooMuch {
		excess = append(excess, t.right)
	}
	if excess, err = e.answered(ctx, i, excess, true); err != nil {
		return nil, err
	}
	return judgeRights(i, missing, excess), nil
}

// neededRights are those of the manifests that this program is built with.
func neededRights(i installation.Installation) ([]right, error) {
	parts := installation.ControllerRights
	if i.KFAM != nil {
		parts = slices.Concat(parts, installation.AccessAPIRights)
	}
	objects, err := installation.Manifests(i.Namespace, parts...)
	if err != nil {
		return nil, err
	}
	var needed []right
	for _, o := range objects {
		rules, err := rulesOf(o)
		if err != nil {
			return nil, err
		}
		for _, rule := range rules {
			if !i.Manager.Mesh() && slices.Contains(rule.APIGroups, "security.istio.io") {
				continue
			}
			needed = append(needed, expand(rule, o.GetNamespace())...)
		}
	}
	slices.SortFunc(needed, func(a, b right) int { return strings.Compare(key(a), key(b)) })
	return slices.Compact(needed), nil
}

// key orders rights in the way they are read: by what they are about.
func key(r right) string {
	return strings.Join([]string{r.Group, r.Resource, r.Subresource, r.Namespace, r.Name, r.Verb}, "\x00")
}

// rulesOf are the rules of a Role or ClusterRole, and none of anything else.
func rulesOf(o *unstructured.Unstructured) ([]rbacv1.PolicyRule, error) {
	if o.GetKind() != "Role" && o.GetKind() != "ClusterRole" {
		return nil, nil
	}
	var role rbacv1.ClusterRole // A Role has the same rules.
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &role); err != nil {
		return nil, fmt.Errorf("read the rules of %s: %w", o.GetName(), err)
	}
	return role.Rules, nil
}

// expand writes a rule out, one right for each combination.
func expand(rule rbacv1.PolicyRule, namespace string) []right {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var rights []right
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			resource, subresource, _ := strings.Cut(resource, "/")
			for _, verb := range rule.Verbs {
				for _, name := range names {
					rights = append(rights, right{Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource, Name: name})
				}
			}
		}
	}
	return rights
}

// questionsAtOnce is how many rights are asked about at the same time.
const questionsAtOnce = 8

// answered returns those rights about which the API server gives this answer, in their order.
func (e *examination) answered(ctx context.Context, i installation.Installation, asked []right, answer bool) ([]right, error) {
	answers := make([]bool, len(asked))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(questionsAtOnce)
	for n := range asked {
		group.Go(func() (err error) {
			answers[n], err = mayController(ctx, e.cluster, i, asked[n])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("ask what the controller may do: %w", err)
	}
	var some []right
	for n, r := range asked {
		if answers[n] == answer {
			some = append(some, r)
		}
	}
	return some, nil
}

// mayController asks about the service account with the groups that its tokens have.
func mayController(ctx context.Context, cluster client.Client, i installation.Installation, r right) (bool, error) {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               "system:serviceaccount:" + i.Namespace + ":" + i.ServiceAccount(),
		Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + i.Namespace, "system:authenticated"},
		ResourceAttributes: &r,
	}}
	err := cluster.Create(ctx, review)
	return review.Status.Allowed, err
}

func judgeRights(i installation.Installation, missing, excess []right) []Finding {
	const name = "Rights"
	account := i.Namespace + "/" + i.ServiceAccount()
	var findings []Finding
	if len(missing) > 0 {
		var texts []string
		for _, r := range missing {
			texts = append(texts, rightText(r))
		}
		findings = append(findings, problem(name, "Apply config/rbac, and config/kfam where the access API runs.", "service account %s may not %s.", account, enumerate(texts)))
	} else {
		findings = append(findings, fine(name, "service account %s may do what it needs to.", account))
	}
	return append(findings, judgeExcess(account, excess)...)
}

func judgeExcess(account string, excess []right) []Finding {
	var means []string
	for _, t := range tooMuch {
		if slices.Contains(excess, t.right) {
			means = append(means, t.means)
		}
	}
	if len(means) == 0 {
		return nil
	}
	if excess[0] == tooMuch[0].right {
		means = means[:1] // It includes the others.
	}
	return []Finding{problem("Rights", "Take it away: kubectl profile migrate --apply does, where the existing Kubeflow controller left it; otherwise find the binding with kubectl get clusterrolebindings -o wide.",
		"service account %s may %s, which it never needs.", account, strings.Join(means, ", "))}
}

// rightText is how a right reads in a sentence.
func rightText(r right) string {
	what := r.Resource
	if r.Subresource != "" {
		what += "/" + r.Subresource
	}
	if r.Group != "" {
		what += "." + r.Group
	}
	if r.Name != "" {
		what += " " + r.Name
	}
	if r.Namespace != "" {
		what += " in " + r.Namespace
	}
	return r.Verb + " " + what
}
