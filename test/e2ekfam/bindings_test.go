package e2ekfam

import (
	"net/http"
	"testing"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// TestNamesNeverCollide has two users whose bindings the existing API gives the same name.
func TestNamesNeverCollide(t *testing.T) {
	owner := room(t, "collide")
	shared(t, "collide", "a.b@x", "edit")
	shared(t, "collide", "a-b@x", "edit")
	if got := pairs(t, "collide"); len(got) != 2 {
		t.Errorf("there are %d pairs: %v", len(got), got)
	}
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf("a-b@x", "collide", "edit"), http.StatusOK, "")
	lists(t, owner, "namespace=collide", bindingOf("a.b@x", "collide", "edit"), bindingOf(owner, "collide", "admin"))
	p := onlyPair(t, "collide")
	if p.binding.Subjects[0].Name != "a.b@x" || p.policy.Annotations["user"] != "a.b@x" {
		t.Errorf("left are %v and %v", p.binding, p.policy)
	}
}

// oldPair is what the existing API makes of a contributor: an ambiguous name and no label. Its
// subject has an apiGroup, since the API server adds it.
func oldPair(namespace, name, guest, role string) pair {
	policy := &istiov1beta1.AuthorizationPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: claim(guest, role)}}
	return pair{binding: bindingNamed(namespace, name, "kubeflow-"+role, claim(guest, role), user(guest)), policy: policy}
}

// TestBindingsOfTheExistingAPIAreAdopted has what an installation is full of when it changes
// over.
func TestBindingsOfTheExistingAPIAreAdopted(t *testing.T) {
	owner := room(t, "adopted")
	const guest, name = "Old.Hand@example.com", "user-old-hand-example-com-clusterrole-edit"
	old := oldPair("adopted", name, guest, "edit")
	create(t, old.binding, old.policy)
	lists(t, guest, "user="+guest, bindingOf(guest, "adopted", "edit"))

	must(t, owner, http.MethodPost, bindingsPath, bindingOf(guest, "adopted", "edit"), http.StatusOK, "")
	p := onlyPair(t, "adopted")
	if p.binding.UID != old.binding.UID || p.policy.UID != old.policy.UID || p.binding.Name != name {
		t.Errorf("something was made anew: %v", p)
	}
	if len(p.policy.Spec.Rules) != 1 {
		t.Errorf("the policy admits nobody: %v", &p.policy.Spec)
	}
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(guest, "adopted", "edit"), http.StatusOK, "")
	if left := pairs(t, "adopted"); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestGroupsAreContributors(t *testing.T) {
	owner := room(t, "grouped")
	group := bindingFor("Group", "data science", "grouped", "view")
	must(t, owner, http.MethodPost, bindingsPath, group, http.StatusOK, "")
	lists(t, owner, "namespace=grouped", group, bindingOf(owner, "grouped", "admin"))
	lists(t, admin, "user=data%20science", group)
	p := onlyPair(t, "grouped")
	if got := p.policy.Spec.Rules[0].When[0]; got.Key != "request.auth.claims[groups]" || len(got.Values) != 1 || got.Values[0] != "data science" {
		t.Errorf("the mesh admits %v", got)
	}
	// A user of that name is somebody else.
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf("data science", "grouped", "view"), http.StatusOK, "")
	lists(t, owner, "namespace=grouped", group, bindingOf(owner, "grouped", "admin"))
	must(t, owner, http.MethodDelete, bindingsPath, group, http.StatusOK, "")
	lists(t, owner, "namespace=grouped", bindingOf(owner, "grouped", "admin"))
}

// declare writes contributors into a Profile.
func declare(t *testing.T, name string, contributors ...profilev1.Contributor) {
	t.Helper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		p := profile(t, name)
		p.Spec.Contributors = contributors
		return pg.Client.Update(t.Context(), p)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestContributorsInTheProfileCannotBeRevokedHere: they would come back.
func TestContributorsInTheProfileCannotBeRevokedHere(t *testing.T) {
	owner := room(t, "declared")
	declare(t, "declared", profilev1.Contributor{Kind: "User", Name: "declared-guest@example.com", Role: "edit"})
	binding := bindingOf("declared-guest@example.com", "declared", "edit")
	lists(t, owner, "namespace=declared&role=edit", binding)
	mustSay(t, owner, http.MethodDelete, bindingsPath, binding, http.StatusConflict,
		`declared as edit in spec.contributors of the Profile "declared". Remove the entry there`)
	must(t, owner, http.MethodPost, bindingsPath, binding, http.StatusOK, "")
	lists(t, owner, "namespace=declared&role=edit", binding)

	declare(t, "declared")
	lists(t, owner, "namespace=declared&role=edit")
}

// TestTheOwnerCannotBeRevoked: the binding would come back.
func TestTheOwnerCannotBeRevoked(t *testing.T) {
	owner := room(t, "owned")
	mustSay(t, owner, http.MethodDelete, bindingsPath, bindingOf(owner, "owned", "admin"), http.StatusConflict, "Ask an administrator to change spec.owner")
	mustSay(t, admin, http.MethodDelete, bindingsPath, bindingOf(owner, "owned", "admin"), http.StatusConflict, "owns the Profile")
	lists(t, owner, "namespace=owned", bindingOf(owner, "owned", "admin"))
}

// TestAccessCanBeManagedWhenTheProfileIsGone leaves a namespace that outlives its Profile, as
// an adopted one did under the existing controller.
func TestAccessCanBeManagedWhenTheProfileIsGone(t *testing.T) {
	namespace := namespaceOf("orphaned", "orphaned-owner@example.com")
	create(t, namespace)
	old := oldPair("orphaned", "user-guest-clusterrole-edit", "guest", "edit")
	deputy := oldPair("orphaned", "user-deputy-clusterrole-admin", "deputy", "admin")
	create(t, old.binding, old.policy, deputy.binding, deputy.policy)
	mustSay(t, "guest", http.MethodDelete, bindingsPath, bindingOf("deputy", "orphaned", "admin"), http.StatusForbidden, "do not manage")
	soon2xx(t, "deputy", http.MethodDelete, bindingsPath, bindingOf("guest", "orphaned", "edit"))
	must(t, "deputy", http.MethodPost, bindingsPath, bindingOf("stand-in", "orphaned", "view"), http.StatusOK, "")
	must(t, "deputy", http.MethodDelete, bindingsPath, bindingOf("stand-in", "orphaned", "view"), http.StatusOK, "")
	must(t, admin, http.MethodDelete, bindingsPath, bindingOf("deputy", "orphaned", "admin"), http.StatusOK, "")
	if left := pairs(t, "orphaned"); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}
