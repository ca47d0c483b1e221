package e2ekfam

import (
	"net/http"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestAttackAContributorPromotesThemself, or passes on what they were given.
func TestAttackAContributorPromotesThemself(t *testing.T) {
	owner := room(t, "ranks")
	const edits, views, accomplice = "ranks-edits@example.com", "ranks-views@example.com", "ranks-accomplice@example.com"
	shared(t, "ranks", edits, "edit")
	shared(t, "ranks", views, "view")
	for _, climber := range []string{edits, views, accomplice} {
		for _, wish := range []string{bindingOf(climber, "ranks", "admin"), bindingOf(climber, "ranks", "edit"), bindingOf(accomplice, "ranks", "view"), bindingFor("Group", "all", "ranks", "view")} {
			must(t, climber, http.MethodPost, bindingsPath, wish, http.StatusForbidden)
		}
		for _, victim := range []string{bindingOf(owner, "ranks", "admin"), bindingOf(edits, "ranks", "edit"), bindingOf(views, "ranks", "view")} {
			must(t, climber, http.MethodDelete, bindingsPath, victim, http.StatusForbidden)
		}
		must(t, climber, http.MethodDelete, profilesPath+"/ranks", "", http.StatusUnauthorized)
	}
	lists(t, owner, "namespace=ranks", bindingOf(edits, "ranks", "edit"), bindingOf(views, "ranks", "view"), bindingOf(owner, "ranks", "admin"))
	if profile(t, "ranks") == nil {
		t.Error("the Profile was deleted")
	}
}

// TestAttackAnAdminOfTheNamespaceTakesItOver: a deputy may share it and no more.
func TestAttackAnAdminOfTheNamespaceTakesItOver(t *testing.T) {
	owner := room(t, "deputized")
	const deputy, guest = "deputy@example.com", "deputized-guest@example.com"
	shared(t, "deputized", deputy, "admin")
	must(t, deputy, http.MethodPost, bindingsPath, bindingOf(guest, "deputized", "view"), http.StatusOK, "")
	must(t, deputy, http.MethodDelete, bindingsPath, bindingOf(owner, "deputized", "admin"), http.StatusConflict)
	must(t, deputy, http.MethodDelete, profilesPath+"/deputized", "", http.StatusUnauthorized)
	must(t, deputy, http.MethodPost, bindingsPath, bindingOf(deputy, "kube-system", "admin"), http.StatusForbidden)
	lists(t, owner, "namespace=deputized", bindingOf(guest, "deputized", "view"), bindingOf(owner, "deputized", "admin"), bindingOf(deputy, "deputized", "admin"))
}

// TestAttackARevokedContributorComesBack uses what they were given while they had it.
func TestAttackARevokedContributorComesBack(t *testing.T) {
	owner := room(t, "revoked")
	const deputy = "revoked-deputy@example.com"
	shared(t, "revoked", deputy, "admin")
	mayWork(t, deputy, "revoked", true)
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(deputy, "revoked", "admin"), http.StatusOK, "")
	lists(t, deputy, "namespace=revoked")
	must(t, deputy, http.MethodPost, bindingsPath, bindingOf(deputy, "revoked", "view"), http.StatusForbidden)
	must(t, deputy, http.MethodDelete, bindingsPath, bindingOf(owner, "revoked", "admin"), http.StatusForbidden)
	mayWork(t, deputy, "revoked", false)
}

// TestAttackLearnWhatThereIs: refusals to strangers say the same of what is there and of what
// is not.
func TestAttackLearnWhatThereIs(t *testing.T) {
	room(t, "hidden")
	const stranger = "curious@example.com"
	for _, c := range []struct{ method, there, notThere, body, bodyNotThere string }{
		{http.MethodDelete, profilesPath + "/hidden", profilesPath + "/hidden-not", "", ""},
		{http.MethodGet, bindingsPath + "?namespace=hidden", bindingsPath + "?namespace=hidden-not", "", ""},
		{http.MethodGet, bindingsPath + "?user=hidden@example.com", bindingsPath + "?user=hidden-not@example.com", "", ""},
		{http.MethodGet, clusterAdminPath + "?user=" + admin, clusterAdminPath + "?user=hidden@example.com", "", ""},
	} {
		there, notThere := call(t, stranger, c.method, c.there, c.body), call(t, stranger, c.method, c.notThere, c.bodyNotThere)
		if there != notThere {
			t.Errorf("%s %s answers %v, and %s answers %v", c.method, c.there, there, c.notThere, notThere)
		}
	}
}

// forgeries are RoleBindings that an admin of the namespace "forger", who may write any there,
// makes to be taken for something else.
func forgeries(victim, forger string) map[string]*rbacv1.RoleBinding {
	inForger := func(clusterRole string, annotations map[string]string, subjects ...rbacv1.Subject) *rbacv1.RoleBinding {
		return bindingNamed("forger", "", clusterRole, annotations, subjects...)
	}
	return map[string]*rbacv1.RoleBinding{
		"two-subjects":      inForger("kubeflow-edit", claim(victim, "edit"), user(victim), user("accomplice@example.com")),
		"no-subject":        inForger("kubeflow-edit", claim(victim, "edit")),
		"names-a-victim":    inForger("kubeflow-view", claim(victim, "view"), user(forger)),
		"claims-more":       inForger("kubeflow-view", claim(victim, "admin"), user(victim)),
		"claims-nonsense":   inForger("kubeflow-view", claim(victim, "owner"), user(victim)),
		"built-in-role":     inForger("view", claim(victim, "view"), user(victim)),
		"no-role":           inForger("kubeflow-view", map[string]string{"user": victim}, user(victim)),
		"empty-claims":      inForger("kubeflow-view", claim("", ""), user(victim)),
		"a-service-account": inForger("kubeflow-view", claim("default", "view"), rbacv1.Subject{Kind: "ServiceAccount", Name: "default", Namespace: "default"}),
		"everybody":         inForger("kubeflow-view", claim("*", "view"), user("*")),
		"a-line-feed":       inForger("kubeflow-view", claim("a\nb", "view"), user("a\nb")),
		"invalid-json":      inForger("kubeflow-view", claim(`"}]}`+"\u2028", "view"), user(victim)),
		"calls-itself-spec": inForger("kubeflow-view", map[string]string{"user": forger, "role": "view", "kubeflow.org/contributor-source": "spec.contributors"}, user(victim)),
	}
}

// TestAttackForgedRoleBindingsPoisonTheListsOfOthers: one malformed RoleBinding in one
// namespace breaks the existing API's lists for everybody.
func TestAttackForgedRoleBindingsPoisonTheListsOfOthers(t *testing.T) {
	const victim = "poisoned@example.com"
	forger, owner := room(t, "forger"), room(t, "poisoned-host")
	shared(t, "poisoned-host", victim, "view")
	asForger := clientOf(t, forger)
	mayWork(t, forger, "forger", true)
	for name, forged := range forgeries(victim, forger) {
		forged.Name = name
		writer := asForger
		if name == "built-in-role" {
			// Kubernetes lets nobody bind more than they have; somebody else may have.
			writer = pg.Client
		}
		if err := writer.Create(t.Context(), forged); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	// What is right and comes last shows that all before it was seen.
	must(t, forger, http.MethodPost, bindingsPath, bindingOf("poison-last@example.com", "forger", "view"), http.StatusOK, "")
	last := bindingOf("poison-last@example.com", "forger", "view")
	lists(t, forger, "namespace=forger", bindingOf(forger, "forger", "admin"), last)
	lists(t, victim, "user="+victim, bindingOf(victim, "poisoned-host", "view"))
	lists(t, admin, "user=poison-last@example.com", last)
	must(t, victim, http.MethodGet, bindingsPath+"?namespace=forger", "", http.StatusOK, listOf())
	must(t, admin, http.MethodGet, bindingsPath+"?namespace=poisoned-host", "", http.StatusOK, listOf(bindingOf(owner, "poisoned-host", "admin"), bindingOf(victim, "poisoned-host", "view")))
	must(t, victim, http.MethodPost, bindingsPath, bindingOf(victim, "forger", "edit"), http.StatusForbidden)
	// Sharing and taking back still work beside all that.
	must(t, forger, http.MethodPost, bindingsPath, bindingOf(victim, "forger", "view"), http.StatusOK, "")
	lists(t, victim, "user="+victim, bindingOf(victim, "forger", "view"), bindingOf(victim, "poisoned-host", "view"))
	must(t, forger, http.MethodDelete, bindingsPath, bindingOf(victim, "forger", "view"), http.StatusOK, "")
	lists(t, victim, "user="+victim, bindingOf(victim, "poisoned-host", "view"))
}

// TestAttackAForgedClaimToBeAdmin has somebody's view dressed up as admin, in a namespace of
// another owner.
func TestAttackAForgedClaimToBeAdmin(t *testing.T) {
	owner := room(t, "dressed-up")
	const mallory = "dressed-up-mallory@example.com"
	create(t,
		bindingNamed("dressed-up", "one", "kubeflow-view", claim(mallory, "admin"), user(mallory)),
		bindingNamed("dressed-up", "two", "kubeflow-admin", claim(mallory, "admin"), user(owner), user(mallory)),
		bindingNamed("dressed-up", "three", "kubeflow-edit", claim(mallory, "edit"), user(mallory)))
	lists(t, owner, "namespace=dressed-up", bindingOf(mallory, "dressed-up", "edit"), bindingOf(owner, "dressed-up", "admin"))
	must(t, mallory, http.MethodPost, bindingsPath, bindingOf("accomplice@example.com", "dressed-up", "view"), http.StatusForbidden)
	must(t, mallory, http.MethodDelete, bindingsPath, bindingOf(mallory, "dressed-up", "edit"), http.StatusForbidden)
}

// TestAttackAnEditorWritesRoleBindings is stopped by Kubernetes itself, as long as the role
// gives no right to.
func TestAttackAnEditorWritesRoleBindings(t *testing.T) {
	room(t, "editors")
	const editor = "editors-editor@example.com"
	shared(t, "editors", editor, "edit")
	mayWork(t, editor, "editors", true)
	forged := bindingNamed("editors", "mine", "kubeflow-admin", claim(editor, "admin"), user(editor))
	if err := clientOf(t, editor).Create(t.Context(), forged); err == nil {
		t.Error("an editor bound themself as admin")
	}
	existing := onlyPair(t, "editors").binding
	existing.Subjects = []rbacv1.Subject{user("accomplice@example.com")}
	if err := clientOf(t, editor).Update(t.Context(), existing, &client.UpdateOptions{}); err == nil {
		t.Error("an editor handed their binding on")
	}
}
