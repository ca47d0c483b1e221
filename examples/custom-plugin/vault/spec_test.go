package vault

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func TestPlan(t *testing.T) {
	annotations := func(role string) map[string]string {
		return map[string]string{"vault.example.com/role": role, "vault.example.com/auth-path": "auth/kubernetes"}
	}
	tests := map[string][]plugin.Binding{
		`{"policy":"research"}`: {{ServiceAccount: "default-editor", Identity: "research",
			Settings:    `{"authPath":"kubernetes","role":"kubeflow.alice.default-editor"}`,
			Annotations: annotations("kubeflow.alice.default-editor")}},
		`{"POLICY":"research","serviceAccounts":["a.b","runner"],"tokenTTLSeconds":3600}`: {
			{ServiceAccount: "a.b", Identity: "research", Settings: `{"authPath":"kubernetes","role":"kubeflow.alice.a.b","tokenTTLSeconds":3600}`,
				Annotations: annotations("kubeflow.alice.a.b")},
			{ServiceAccount: "runner", Identity: "research", Settings: `{"authPath":"kubernetes","role":"kubeflow.alice.runner","tokenTTLSeconds":3600}`,
				Annotations: annotations("kubeflow.alice.runner")}},
	}
	for spec, want := range tests {
		got, err := newPlugin(defaults(), nil, nil).Plan(t.Context(), "alice", []byte(spec))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", spec, err, diff)
		}
	}
}

func TestPolicies(t *testing.T) {
	long := strings.Repeat("x", 128)
	for policy, complaint := range map[string]string{
		"a": "", "research": "", "kv-read_2.v1": "", "rooted": "", long: "",
		"":                  "policy: is required: the name of a policy in Vault",
		"root":              `policy: "root" is Vault's own and cannot be given to anybody; name another policy`,
		"response-wrapping": `policy: "response-wrapping" is Vault's own and cannot be given to anybody; name another policy`,
		"control-group":     `policy: "control-group" is Vault's own and cannot be given to anybody; name another policy`,
		"default":           "policy: every token has the policy default as it is; name the one that the pods need besides",
		"Root":              "cannot be used here", "../root": "cannot be used here", "a/b": "cannot be used here", "..": "cannot be used here",
		"a.": "cannot be used here", "a,root": "cannot be used here", "a root": "cannot be used here", "a\n": "cannot be used here",
		"*": "cannot be used here", long + "x": "cannot be used here", "größe": "cannot be used here",
	} {
		_, err := readSpec(fmt.Appendf(nil, `{"policy":%q}`, policy))
		switch {
		case complaint == "" && err != nil:
			t.Errorf("%q is refused: %v", policy, err)
		case complaint != "" && (err == nil || !strings.Contains(err.Error(), complaint) || plugin.AsError(err).Reason != profilev1.ReasonInvalidPluginSpec):
			t.Errorf("%q: got %v, want %s", policy, err, complaint)
		}
	}
}

func TestOnlyPoliciesOfThePrefixAreGiven(t *testing.T) {
	o := defaults()
	o.PolicyPrefix = "team-"
	for policy, good := range map[string]bool{"team-research": true, "team-": true, "admin": false, "my-team-research": false} {
		_, err := newPlugin(o, nil, nil).Plan(t.Context(), "alice", fmt.Appendf(nil, `{"policy":%q}`, policy))
		if (err == nil) != good || err != nil && plugin.AsError(err).Reason != profilev1.ReasonInvalidPluginSpec {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

func TestTokenTTLs(t *testing.T) {
	for ttl, good := range map[int64]bool{60: true, 2764800: true, 59: false, 0: false, -1: false, 2764801: false} {
		if _, err := readSpec(fmt.Appendf(nil, `{"policy":"a","tokenTTLSeconds":%d}`, ttl)); (err == nil) != good || err != nil && !strings.HasPrefix(err.Error(), "tokenTTLSeconds: ") {
			t.Errorf("%d: %v", ttl, err)
		}
	}
}
