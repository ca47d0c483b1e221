package vault

import (
	"net/http"
	"os"
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/examples/custom-plugin/vault/vaulttest"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

func TestAnswersThatAreNoSuccess(t *testing.T) {
	const roles = `path "auth/kubernetes/role/kubeflow.*" { capabilities = ["create", "read", "update", "delete"] }`
	tests := map[string]struct {
		method, path string
		status       int
		kind         plugin.ErrorKind
		reason       string
		words        []string
	}{
		"no right to policies": {"GET", "sys/policies", 403, plugin.Refused, profilev1.ReasonPermissionMissing,
			[]string{"may not read sys/policies/acl/research", `path "sys/policies/acl/*" { capabilities = ["read"] }`}},
		"no right to read roles":  {"GET", "auth/", 403, plugin.Refused, profilev1.ReasonPermissionMissing, []string{"may not read auth/kubernetes/role/" + aliceRole, roles}},
		"no right to write roles": {"PUT", "auth/", 403, plugin.Refused, profilev1.ReasonPermissionMissing, []string{"may not write", roles}},
		"not a Kubernetes method": {"PUT", "auth/", 400, plugin.Refused, profilev1.ReasonIdentityRejected, []string{"(400)", "-vault-auth-path"}},
		"nothing enabled there":   {"PUT", "auth/", 404, plugin.Refused, profilev1.ReasonIdentityNotFound, []string{"vault auth enable -path=kubernetes kubernetes"}},
		"sealed":                  {"GET", "", 503, plugin.Retry, profilev1.ReasonRetrying, []string{"sealed", "unseal it"}},
		"broken":                  {"PUT", "", 500, plugin.Retry, profilev1.ReasonRetrying, []string{"could not write auth/kubernetes/role/" + aliceRole, "(500)"}},
		"a node that lags behind": {"GET", "auth/", 412, plugin.Retry, profilev1.ReasonRetrying, []string{"(412)"}},
		"called too often":        {"GET", "", 429, plugin.Retry, profilev1.ReasonRetrying, []string{"(429)"}},
		"a redirect":              {"GET", "", 307, plugin.Retry, profilev1.ReasonRetrying, []string{"(307)", "-vault-address"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.vault.Answer(func(r *http.Request) int {
				if r.Method == test.method && strings.HasPrefix(r.URL.Path, "/v1/"+test.path) {
					return test.status
				}
				return 0
			})
			b := s.alice(`{"policy":"research"}`)
			plugintest.WantError(t, s.Apply(t.Context(), "alice", b), test.kind, test.reason, test.words...)
			s.mustBe(vaulttest.Role{})
			s.vault.Answer(nil)
			s.apply(b)
		})
	}
}

func TestARuleForARoleOfAnotherPrefixNamesTheRole(t *testing.T) {
	if got, want := rule("auth/k/role/old.alice.x", "new."), `path "auth/k/role/old.alice.x" { capabilities = ["create", "read", "update", "delete"] }`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestTheRulesAreThoseOfTheDocumentedPolicy compares what a refusal asks for with what the
// controller is given.
func TestTheRulesAreThoseOfTheDocumentedPolicy(t *testing.T) {
	text, err := os.ReadFile("../controller-policy.hcl")
	if err != nil {
		t.Fatal(err)
	}
	documented := strings.Join(strings.Fields(string(text)), " ")
	for _, path := range []string{"auth/kubernetes/role/" + aliceRole, "sys/policies/acl/research"} {
		if want := rule(path, defaults().RolePrefix); !strings.Contains(documented, want) {
			t.Errorf("controller-policy.hcl does not have %s", want)
		}
	}
}

func TestRevokeWhileVaultIsAway(t *testing.T) {
	s := newStage(t)
	b := s.alice(`{"policy":"research"}`)
	s.apply(b)
	s.vault.Seal(true)
	plugintest.WantError(t, s.Revoke(t.Context(), "alice", b), plugin.Retry, profilev1.ReasonRetrying, "sealed")
	s.vault.Seal(false)
	s.vault.Answer(func(r *http.Request) int {
		if r.Method == http.MethodDelete {
			return http.StatusForbidden
		}
		return 0
	})
	plugintest.WantError(t, s.Revoke(t.Context(), "alice", b), plugin.Refused, profilev1.ReasonPermissionMissing, "may not delete")
	s.mustBe(roleFor("research", 0))
	s.vault.Answer(nil)
	s.revoke(b)
}

func TestRevokeWhenTheAuthMethodIsGone(t *testing.T) {
	s := newStage(t)
	s.options.AuthPath = "never"
	b := s.alice(`{"policy":"research"}`)
	s.vault.Answer(func(*http.Request) int { return http.StatusNotFound })
	s.revoke(b)
}

// TestANodeThatShowsTheOldRole takes a write and goes on showing what was before.
func TestANodeThatShowsTheOldRole(t *testing.T) {
	s := newStage(t)
	s.vault.Answer(func(r *http.Request) int {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/auth/") {
			return http.StatusNotFound
		}
		return 0
	})
	plugintest.WantError(t, s.Apply(t.Context(), "alice", s.alice(`{"policy":"research"}`)), plugin.Retry, profilev1.ReasonRetrying, "does not show yet")

	s.vault.Answer(nil)
	b := s.alice(`{"policy":"research"}`)
	s.apply(b)
	s.vault.Answer(func(r *http.Request) int {
		if r.Method == http.MethodDelete {
			return http.StatusNoContent
		}
		return 0
	})
	plugintest.WantError(t, s.Revoke(t.Context(), "alice", b), plugin.Retry, profilev1.ReasonRetrying, "still shown after it was deleted")
}

func TestTheTokenIsReadAnewForEachCall(t *testing.T) {
	s := newStage(t)
	b := s.alice(`{"policy":"research"}`)
	s.apply(b)
	next := s.vault.Rotate()
	plugintest.WantError(t, s.Revoke(t.Context(), "alice", b), plugin.Refused, profilev1.ReasonPermissionMissing, "its token is not valid any more")
	writeToken(t, s.options, next)
	s.revoke(b)

	writeToken(t, s.options, "")
	plugintest.WantError(t, s.Apply(t.Context(), "alice", b), plugin.Retry, profilev1.ReasonCredentialsMissing, s.options.TokenFile, "-vault-token-file")
	if err := os.Remove(s.options.TokenFile); err != nil {
		t.Fatal(err)
	}
	plugintest.WantError(t, s.Apply(t.Context(), "alice", b), plugin.Retry, profilev1.ReasonCredentialsMissing)
}

func TestVaultThatCannotBeReached(t *testing.T) {
	s := newStage(t)
	s.vault.Close()
	b := s.alice(`{"policy":"research"}`)
	for _, err := range []error{s.Apply(t.Context(), "alice", b), s.Revoke(t.Context(), "alice", b)} {
		plugintest.WantError(t, err, plugin.Retry, profilev1.ReasonRetrying, "could not be reached")
		if strings.Contains(plugin.AsError(err).Message, "127.0.0.1") {
			t.Errorf("%q has words that change", plugin.AsError(err).Message)
		}
	}
}
