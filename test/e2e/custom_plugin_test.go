package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/examples/custom-plugin/vault/vaulttest"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	// vaultKind is the plugin that the example adds.
	vaultKind = "VaultKubernetesRole"
	// vaultMethod is the auth method of the cluster in Vault.
	vaultMethod         = "kubernetes"
	vaultRoleAnnotation = "vault.example.com/role"
)

// withVault begins a test with the controller that an operator built with the plugin
// VaultKubernetesRole, and a Vault whose token may do no more than is documented.
func withVault(t *testing.T, policies ...string) (*fixture, *vaulttest.Server) {
	t.Helper()
	const example = "examples/custom-plugin"
	root, err := playground.Root()
	if err != nil {
		t.Fatal(err)
	}
	rights, err := os.ReadFile(filepath.Join(root, example, "controller-policy.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	vault := vaulttest.Start(string(rights), vaultMethod)
	t.Cleanup(vault.Close)
	for _, p := range policies {
		vault.PutPolicy(p)
	}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(vault.Token()), 0o600); err != nil {
		t.Fatal(err)
	}
	// No other test can use this controller, whose Vault ends with the test.
	t.Cleanup(func() {
		if err := running.stop(); err != nil {
			t.Error(err)
		}
	})
	f := newFixture(t)
	f.startWith(playground.ControllerOptions{Program: "./" + example, Environment: aws.Environment(),
		Flags: []string{"-aws-requests-per-second=1000", "-vault-address=" + vault.URL, "-vault-token-file=" + token}})
	return f, vault
}

func vaultSpec(policy string) string { return fmt.Sprintf(`{"policy":%q}`, policy) }

// vaultRole is what Vault has for a Profile's editor.
func vaultRole(vault *vaulttest.Server, profile string) (vaulttest.Role, bool) {
	role, there := vault.Now().Methods[vaultMethod]["kubeflow."+profile+"."+editor]
	return role, there
}

// TestAControllerWithAPluginOfOnesOwn builds the example as an operator would and has it in
// the controller's place, with the controller's rights and no others. The plugins that it
// had before are still there.
func TestAControllerWithAPluginOfOnesOwn(t *testing.T) {
	f, vault := withVault(t, "research", "billing")
	arn := f.role("own-plugin", handMadePolicy())
	f.create(MakeProfile("own-plugin").Plugin(vaultKind, vaultSpec("research")).AWS(arn, `"serviceAccounts":["runner"]`).Obj(),
		MakeProfile("own-neighbor").Obj())
	f.awaitReady("own-plugin", "own-neighbor")
	f.mustBe("own-plugin", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	role, _ := vaultRole(vault, "own-plugin")
	mustEqual(t, "role", role, vaulttest.Role{Names: []string{editor}, Namespaces: []string{"own-plugin"}, Policies: []string{"research"}})
	for annotation, want := range map[string]string{vaultRoleAnnotation: "kubeflow.own-plugin.default-editor", "vault.example.com/auth-path": "auth/kubernetes"} {
		mustEqual(t, annotation, live(f, accountNamed("own-plugin", editor)).Annotations[annotation], want)
	}
	mustEqual(t, "roles", len(vault.Now().Methods[vaultMethod]), 1)
	f.mustAssume(arn, "own-plugin", "runner")
	f.mustNotAssume(arn, "own-plugin", editor)

	before := vault.Requests()
	f.restart()
	f.awaitReady("own-plugin")
	mustEqual(t, "requests after a restart", vault.Requests()[len(before):], []string{})

	change(f, profileNamed("own-plugin"), func(p *profilev1.Profile) {
		p.Spec.Plugins[0].Spec = &runtime.RawExtension{Raw: []byte(vaultSpec("billing"))}
	})
	f.awaitBound("own-plugin", "arn:aws:iam::123456789012:role/own-plugin", "billing")
	role, _ = vaultRole(vault, "own-plugin")
	mustEqual(t, "policies", role.Policies, []string{"billing"})

	f.remove(profileNamed("own-plugin"))
	f.awaitGone(profileNamed("own-plugin"))
	mustEqual(t, "roles", len(vault.Now().Methods[vaultMethod]), 0)
	f.mustNotAdmit("own-plugin", subjectOf("own-plugin", "runner"))
}

// TestAPluginOfOnesOwnSaysWhatIsWrong has what the plugin says reach the people who read
// Profiles, and heals when they have done what it says.
func TestAPluginOfOnesOwnSaysWhatIsWrong(t *testing.T) {
	f, vault := withVault(t, "ordinary")
	f.create(MakeProfile("own-refused").Plugin(vaultKind, `{"policy":"root"}`).Obj(),
		MakeProfile("own-early").Plugin(vaultKind, vaultSpec("later")).Obj(),
		MakeProfile("own-taken").Plugin(vaultKind, vaultSpec("ordinary")).Obj())
	c := f.awaitCondition("own-refused", profilev1.ConditionIdentityReady, profilev1.ReasonInvalidPluginSpec)
	f.mustSay(c.Message, `policy: "root" is Vault's own`)
	c = f.awaitCondition("own-early", profilev1.ConditionIdentityReady, profilev1.ReasonIdentityNotFound)
	f.mustSay(c.Message, "Vault has no policy later", "vault policy write later")
	f.mustBe("own-early", profilev1.ConditionNamespaceReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.awaitEvent("Profile", "own-early", profilev1.ReasonIdentityNotFound)
	vault.PutPolicy("later")
	f.touch("own-early")
	f.awaitReady("own-early", "own-taken")

	vault.Seal(true)
	f.remove(profileNamed("own-taken"))
	f.eventually("the deletion waits for Vault", func() error {
		if c := condition(f.profile("own-taken"), profilev1.ConditionIdentityReady); c.Reason != profilev1.ReasonRetrying {
			return fmt.Errorf("the condition is %+v", c)
		}
		return nil
	})
	f.mustSay(condition(f.profile("own-taken"), profilev1.ConditionIdentityReady).Message, "Vault is sealed")
	vault.Seal(false)
	f.awaitGone(profileNamed("own-taken"))
	if _, there := vaultRole(vault, "own-taken"); there {
		t.Error("the Profile is gone and its role is not")
	}

	f.replug("own-refused", vaultSpec("ordinary"))
	for profile, policy := range map[string]string{"own-refused": "ordinary", "own-early": "later"} {
		f.awaitIdentity(profile, policy)
		mustEqual(t, "annotated", hasAnnotation(live(f, accountNamed(profile, editor)), vaultRoleAnnotation), true)
		f.replug(profile)
		f.awaitIdentity(profile)
		_, there := vaultRole(vault, profile)
		mustEqual(t, "role there", there, false)
		mustEqual(t, "annotated", hasAnnotation(live(f, accountNamed(profile, editor)), vaultRoleAnnotation), false)
	}
}

// replug replaces the plugins of a Profile by one for Vault with these settings in JSON, or
// by none.
func (f *fixture) replug(profile string, settings ...string) {
	f.t.Helper()
	change(f, profileNamed(profile), func(p *profilev1.Profile) {
		p.Spec.Plugins = nil
		for _, s := range settings {
			p.Spec.Plugins = append(p.Spec.Plugins, profilev1.Plugin{Kind: vaultKind, Spec: &runtime.RawExtension{Raw: []byte(s)}})
		}
	})
}

func hasAnnotation(account *corev1.ServiceAccount, key string) bool {
	_, there := account.Annotations[key]
	return there
}
