package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

var versions = []string{"v1", "v1beta1"}

// What a user sees, in the API server's words and the CRD's.
const (
	invalidName      = "metadata.name becomes the name of a namespace: at most 63 characters, lower-case letters, digits and '-', and a letter or digit at both ends"
	reservedName     = "metadata.name is reserved for the system (kube-*, default, kubeflow, istio-system): choose another name"
	invalidOwnerName = "spec.owner.name must not contain '*' (the mesh would read it as a pattern), control characters, or white space at either end"
	notAllChecked    = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
)

// refusals are Profiles that nobody can create, with what the user sees behind "is
// invalid".
var refusals = []struct{ what, manifest, message string }{
	{"a name with a dot", `{metadata: {name: team.a}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + invalidName},
	{"a name of 64 characters", `{metadata: {name: ` + strings.Repeat("n", 64) + `}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + invalidName},
	{"the name kube-public", `{metadata: {name: kube-public}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + reservedName},
	{"the name kube-anything", `{metadata: {name: kube-anything}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + reservedName},
	{"the name default", `{metadata: {name: default}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + reservedName},
	{"the name kubeflow", `{metadata: {name: kubeflow}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + reservedName},
	{"the name istio-system", `{metadata: {name: istio-system}, spec: {owner: {kind: User, name: a}}}`,
		"<nil>: Invalid value: " + reservedName},
	{"no spec", `{metadata: {name: cel}}`,
		`<nil>: Invalid value: spec is required: it names at least spec.owner, the User, Group or ServiceAccount that administers the namespace`},
	{"no owner", `{metadata: {name: cel}, spec: {}}`,
		`spec: Invalid value: spec.owner is required: the User, Group or ServiceAccount that administers the namespace`},
	{"a kind in lower case", `{metadata: {name: cel}, spec: {owner: {kind: user, name: a}}}`,
		`spec.owner: Invalid value: spec.owner.kind must be User, Group or ServiceAccount`},
	{"no kind", `{metadata: {name: cel}, spec: {owner: {name: a}}}`,
		"[spec.owner.kind: Required value, " + notAllChecked + "]"},
	{"no owner name", `{metadata: {name: cel}, spec: {owner: {kind: User}}}`,
		"[spec.owner.name: Required value, " + notAllChecked + "]"},
	{"an empty owner name", `{metadata: {name: cel}, spec: {owner: {kind: User, name: ""}}}`,
		`spec.owner: Invalid value: spec.owner.name must not be empty: it is the user name, group name or service account that administers the namespace`},
	{"a long owner name", `{metadata: {name: cel}, spec: {owner: {kind: User, name: ` + strings.Repeat("o", 1025) + `}}}`,
		`spec.owner: Invalid value: spec.owner.name must be at most 1024 characters`},
	{"the owner *", `{metadata: {name: cel}, spec: {owner: {kind: User, name: "*"}}}`,
		"spec.owner: Invalid value: " + invalidOwnerName},
	{"an owner that ends in *", `{metadata: {name: cel}, spec: {owner: {kind: Group, name: "team*"}}}`,
		"spec.owner: Invalid value: " + invalidOwnerName},
	{"an owner with a line break", `{metadata: {name: cel}, spec: {owner: {kind: User, name: "a\nb"}}}`,
		"spec.owner: Invalid value: " + invalidOwnerName},
	{"an owner with a leading space", `{metadata: {name: cel}, spec: {owner: {kind: User, name: " a"}}}`,
		"spec.owner: Invalid value: " + invalidOwnerName},
	{"an owner with a trailing space", `{metadata: {name: cel}, spec: {owner: {kind: User, name: "a "}}}`,
		"spec.owner: Invalid value: " + invalidOwnerName},
	{"a service account without namespace", `{metadata: {name: cel}, spec: {owner: {kind: ServiceAccount, name: a}}}`,
		`spec.owner: Invalid value: spec.owner.namespace is required when spec.owner.kind is ServiceAccount`},
	{"a service account with an empty namespace", `{metadata: {name: cel}, spec: {owner: {kind: ServiceAccount, name: a, namespace: ""}}}`,
		`spec.owner: Invalid value: spec.owner.namespace is required when spec.owner.kind is ServiceAccount`},
	{"a foreign apiGroup", `{metadata: {name: cel}, spec: {owner: {apiGroup: example.com, kind: User, name: a}}}`,
		`spec.owner: Invalid value: spec.owner.apiGroup must be empty, or rbac.authorization.k8s.io for a User or a Group`},
	{"a service account with an apiGroup", `{metadata: {name: cel}, spec: {owner: {apiGroup: rbac.authorization.k8s.io, kind: ServiceAccount, name: a, namespace: robots}}}`,
		`spec.owner: Invalid value: spec.owner.apiGroup must be empty, or rbac.authorization.k8s.io for a User or a Group`},
	{"a plugin without kind", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, plugins: [{spec: {}}]}}`,
		"[spec.plugins[0].kind: Required value, " + notAllChecked + "]"},
	{"a plugin with an empty kind", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, plugins: [{kind: ""}]}}`,
		`spec.plugins[0].kind: Invalid value: "": spec.plugins[0].kind in body should be at least 1 chars long`},
	{"a contributor that is a service account", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, contributors: [{kind: ServiceAccount, name: a, role: edit}]}}`,
		"spec.contributors[0]: Invalid value: the kind of a contributor must be User or Group"},
	{"a contributor without a name", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, contributors: [{kind: User, name: "", role: edit}]}}`,
		"spec.contributors[0]: Invalid value: the name of a contributor must not be empty: it is the user name or group name"},
	{"a contributor that is a pattern", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, contributors: [{kind: User, name: "*@example.com", role: edit}]}}`,
		"spec.contributors[0]: Invalid value: the name of a contributor must not contain '*' (the mesh would read it as a pattern), control characters, or white space at either end"},
	{"a contributor with a trailing space", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, contributors: [{kind: Group, name: "a ", role: view}]}}`,
		"spec.contributors[0]: Invalid value: the name of a contributor must not contain '*' (the mesh would read it as a pattern), control characters, or white space at either end"},
	{"a contributor who would be cluster-admin", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, contributors: [{kind: User, name: a, role: cluster-admin}]}}`,
		"spec.contributors[0]: Invalid value: the role of a contributor must be admin, edit or view"},
	{"a quota that is not a quantity", `{metadata: {name: cel}, spec: {owner: {kind: User, name: a}, resourceQuotaSpec: {hard: {cpu: many}}}}`,
		`spec.resourceQuotaSpec.hard.cpu: Invalid value: "many": spec.resourceQuotaSpec.hard.cpu in body should match '^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$'`},
}

func TestAnInvalidProfileIsRefusedWithAMessage(t *testing.T) {
	f := newFixture(t)
	for _, version := range versions {
		for _, r := range refusals {
			t.Run(version+" "+r.what, func(t *testing.T) {
				p := profileFrom(f.within(t), r.manifest)
				p.SetAPIVersion("kubeflow.org/" + version)
				err := pg.Client.Create(f.ctx, p)
				if err == nil {
					t.Fatal("the API server took it")
				}
				if want := fmt.Sprintf("Profile.kubeflow.org %q is invalid: %s", p.GetName(), r.message); err.Error() != want {
					t.Errorf("the user sees\n\t%s\nwant\n\t%s", err, want)
				}
			})
		}
	}
}

// TestEveryRuleOfTheCRDHasItsTest compares the rules of the CRD with the table above.
func TestEveryRuleOfTheCRDHasItsTest(t *testing.T) {
	f := newFixture(t)
	messages := map[string]int{}
	collectMessages(ourCRD(f).Object, messages)
	if len(messages) < 8 {
		t.Fatalf("the CRD has only %d rules with a message: %v", len(messages), messages)
	}
	for message, count := range messages {
		if count != len(versions) {
			t.Errorf("a rule is in %d of %d versions: %s", count, len(versions), message)
		}
		if !slices.ContainsFunc(refusals, func(r struct{ what, manifest, message string }) bool { return strings.Contains(r.message, message) }) {
			t.Errorf("no Profile in the table breaks this rule: %s", message)
		}
	}
}

func collectMessages(part any, into map[string]int) {
	switch part := part.(type) {
	case map[string]any:
		rules, _ := part["x-kubernetes-validations"].([]any)
		for _, rule := range rules {
			into[rule.(map[string]any)["message"].(string)]++
		}
		for _, below := range part {
			collectMessages(below, into)
		}
	case []any:
		for _, below := range part {
			collectMessages(below, into)
		}
	}
}

func TestAnUsualProfileIsTaken(t *testing.T) {
	f := newFixture(t)
	for _, version := range versions {
		for _, manifest := range []string{
			`{metadata: {name: accepted}, spec: {owner: {kind: User, name: a@b}}}`,
			`{metadata: {name: ` + strings.Repeat("a", 63) + `}, spec: {owner: {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "a, b (c)"}}}`,
			`{metadata: {name: kube}, spec: {owner: {apiGroup: "", kind: ServiceAccount, name: ci, namespace: robots}}}`,
			`{metadata: {name: kubeflow-user}, spec: {owner: {kind: User, name: ` + strings.Repeat("ä", 1024) + `}}}`,
			`{metadata: {name: default-team}, spec: {owner: {kind: User, name: a}, plugins: [{kind: X}, {apiVersion: v1, kind: Z, spec: {z: [1]}}]}}`,
			`{metadata: {name: accepted-limits}, spec: {owner: {kind: User, name: a}, resourceQuotaSpec: {hard: {cpu: 2, memory: 1Gi, requests.nvidia.com/gpu: "1"}, scopes: [BestEffort]}}}`,
		} {
			p := profileFrom(f, manifest)
			p.SetAPIVersion("kubeflow.org/" + version)
			if err := pg.Client.Create(f.ctx, p, client.DryRunAll); err != nil {
				t.Errorf("%s refuses %s: %v", version, manifest, err)
			}
		}
	}
}
