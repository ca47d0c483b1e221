package e2ekfam

import (
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// TestMachinesWithTokens has a ServiceAccount share and delete, as GitOps and pipelines do.
func TestMachinesWithTokens(t *testing.T) {
	machine(t, "ci", "bot")
	token := accountToken(t, "ci", "bot", "kfam")
	create(t, &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "bots"},
		Spec: profilev1.ProfileSpec{Owner: rbacv1.Subject{Kind: "ServiceAccount", Name: "bot", Namespace: "ci"}}})
	soon(t, "the machine shares", func() bool {
		return withToken(t, token, http.MethodPost, bindingsPath, bindingOf("x@example.com", "bots", "view")).status == http.StatusOK
	})
	if got := withToken(t, token, http.MethodDelete, profilesPath+"/bots", ""); got.status != http.StatusOK {
		t.Errorf("the machine deletes: %+v", got)
	}
}

// TestAttackAProfileForEachOfManyServiceAccounts would pass the limit of Profiles per user.
func TestAttackAProfileForEachOfManyServiceAccounts(t *testing.T) {
	machine(t, "farm", "bot-1")
	body := `{"metadata":{"name":"harvest-1"},"spec":{"owner":{"kind":"ServiceAccount","name":"bot-1","namespace":"farm"}}}`
	got := withToken(t, accountToken(t, "farm", "bot-1", "kfam"), http.MethodPost, profilesPath, body)
	if got.status != http.StatusForbidden || !strings.Contains(got.body, "-cluster-admin") {
		t.Errorf("the answer is %+v", got)
	}
	noProfile(t, "harvest-1")
}

// TestAttackAServiceAccountTokenMeantForOthers is one that leaked from elsewhere.
func TestAttackAServiceAccountTokenMeantForOthers(t *testing.T) {
	machine(t, "leaky", "bot")
	self := clusterAdminPath + "?user=system:serviceaccount:leaky:bot"
	if got := withToken(t, accountToken(t, "leaky", "bot", "kfam"), http.MethodGet, self, ""); got.status != http.StatusOK {
		t.Fatalf("its own token: %+v", got)
	}
	for name, token := range map[string]string{
		"the API server": accountToken(t, "leaky", "bot"),
		"Vault":          accountToken(t, "leaky", "bot", "vault"),
		"a like name":    accountToken(t, "leaky", "bot", "kfam2", "KFAM"),
		"us, cut short":  strings.TrimSuffix(accountToken(t, "leaky", "bot", "kfam"), "x")[:100],
	} {
		if got := withToken(t, token, http.MethodGet, self, ""); got.status != http.StatusUnauthorized {
			t.Errorf("a token for %s: %+v", name, got)
		}
	}
	owner := `{"metadata":{"name":"leaked"},"spec":{"owner":{"kind":"ServiceAccount","name":"default","namespace":"leaky"}}}`
	if got := withToken(t, accountToken(t, "leaky", "bot", "kfam"), http.MethodPost, profilesPath, owner); got.status != http.StatusForbidden {
		t.Errorf("for another account: %+v", got)
	}
	noProfile(t, "leaked")
}

// machine makes a ServiceAccount in a namespace of its own.
func machine(t *testing.T, namespace, name string) {
	t.Helper()
	create(t, namespaceOf(namespace, ""), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}})
}

func accountToken(t *testing.T, namespace, name string, audiences ...string) string {
	t.Helper()
	token, err := pg.Token(t.Context(), namespace, name, audiences...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
