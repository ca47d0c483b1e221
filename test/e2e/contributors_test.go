package e2e

import (
	"fmt"
	"testing"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Contributor adds a contributor.
func (b *ProfileBuilder) Contributor(kind, name, role string) *ProfileBuilder {
	b.profile.Spec.Contributors = append(b.profile.Spec.Contributors, profilev1.Contributor{Kind: kind, Name: name, Role: role})
	return b
}

// contributorObjects reads what contributors have in a namespace, by their marks.
func (f *fixture) contributorObjects(namespace string) (bindings []rbacv1.RoleBinding, policies []*istiov1beta1.AuthorizationPolicy) {
	f.t.Helper()
	var allBindings rbacv1.RoleBindingList
	var allPolicies istiov1beta1.AuthorizationPolicyList
	for _, list := range []client.ObjectList{&allBindings, &allPolicies} {
		if err := pg.Client.List(f.ctx, list, client.InNamespace(namespace)); err != nil {
			f.t.Fatal(err)
		}
	}
	for _, b := range allBindings.Items {
		if b.Annotations["kubeflow.org/contributor-source"] == "spec.contributors" {
			bindings = append(bindings, b)
		}
	}
	for _, p := range allPolicies.Items {
		if p.Annotations["kubeflow.org/contributor-source"] == "spec.contributors" {
			policies = append(policies, p)
		}
	}
	return bindings, policies
}

// mayListShared tells whether somebody may list the pods of the namespace shared.
func (f *fixture) mayListShared(user string, groups ...string) error {
	f.t.Helper()
	as, err := pg.As(user, groups...)
	if err != nil {
		f.t.Fatal(err)
	}
	return as.List(f.ctx, &corev1.PodList{}, client.InNamespace("shared-room"))
}

func TestDeclaredContributorsMayWorkUntilTheyAreTakenOut(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("shared-room").Contributor("User", "guest@example.com", "edit").Contributor("Group", "auditors", "view").Obj())
	f.awaitReady("shared-room")
	bindings, policies := f.contributorObjects("shared-room")
	if len(bindings) != 2 || len(policies) != 2 {
		t.Fatalf("there are %d bindings and %d policies, want 2 of each", len(bindings), len(policies))
	}
	for _, b := range bindings {
		mustBeOurs(t, f.profile("shared-room"), &b)
		if b.Annotations["user"] == "guest@example.com" && (b.RoleRef.Name != "kubeflow-edit" || b.Annotations["role"] != "edit") {
			t.Errorf("the user has %v with %v", b.RoleRef, b.Annotations)
		}
	}
	f.eventually("the contributors may work", func() error {
		if err := f.mayListShared("guest@example.com"); err != nil {
			return err
		}
		return f.mayListShared("anna@example.com", "auditors")
	})
	if err := f.mayListShared("stranger@example.com"); err == nil {
		t.Error("a stranger may work as well")
	}

	f.remove(&bindings[0], policies[0])
	f.eventually("what was deleted by hand comes back", func() error {
		if b, p := f.contributorObjects("shared-room"); len(b) != 2 || len(p) != 2 {
			return fmt.Errorf("there are %d bindings and %d policies", len(b), len(p))
		}
		return nil
	})

	change(f, profileNamed("shared-room"), func(p *profilev1.Profile) { p.Spec.Contributors = p.Spec.Contributors[1:] })
	f.awaitReady("shared-room")
	f.eventually("the user is out and the group still in", func() error {
		if err := f.mayListShared("guest@example.com"); err == nil {
			return fmt.Errorf("the user still may")
		}
		return f.mayListShared("anna@example.com", "auditors")
	})
	if b, p := f.contributorObjects("shared-room"); len(b) != 1 || len(p) != 1 {
		t.Errorf("there are %d bindings and %d policies, want 1 of each", len(b), len(p))
	}
}

// TestBindingsOfOthersAreNoContributorsOfOurs has what the owner or the access API granted.
func TestBindingsOfOthersAreNoContributorsOfOurs(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("both").Contributor("User", "guest@example.com", "edit").Obj())
	f.awaitReady("both")
	granted := MakeBinding("both", "user-granted-example-com-clusterrole-view", "kubeflow-view", user("granted@example.com"))
	granted.Annotations = map[string]string{"user": "granted@example.com", "role": "view"}
	f.create(granted)
	change(f, profileNamed("both"), func(p *profilev1.Profile) { p.Spec.Contributors = nil })
	f.awaitReady("both")
	f.settle()
	live(f, bindingNamed("both", granted.Name))
	if b, p := f.contributorObjects("both"); len(b)+len(p) > 0 {
		t.Errorf("there are still %d bindings and %d policies", len(b), len(p))
	}
}

// TestWhoIsTakenOutLosesWhatWasGrantedBefore has contributors to whom the existing access API
// had granted the same, and a namesake of one: LegacyName cannot tell a-b from a.b.
func TestWhoIsTakenOutLosesWhatWasGrantedBefore(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("moved-in").Contributor("User", "a.b@example.com", "edit").Contributor("User", "c.d@example.com", "view").Obj())
	f.awaitReady("moved-in")
	granted := func(name, by, role string) *rbacv1.RoleBinding {
		b := MakeBinding("moved-in", name, "kubeflow-"+role, user(by))
		b.Annotations = map[string]string{"user": by, "role": role}
		f.create(b)
		return b
	}
	forerunner := granted("user-a-b-example-com-clusterrole-edit", "a.b@example.com", "edit")
	namesake := granted("user-c-d-example-com-clusterrole-view", "c-d@example.com", "view")
	change(f, profileNamed("moved-in"), func(p *profilev1.Profile) { p.Spec.Contributors = nil })
	f.awaitGone(forerunner)
	f.awaitReady("moved-in")
	f.settle()
	live(f, bindingNamed("moved-in", namesake.Name))
	if b, p := f.contributorObjects("moved-in"); len(b)+len(p) > 0 {
		t.Errorf("there are still %d bindings and %d policies", len(b), len(p))
	}
}

func TestContributorsWithoutAMeshHaveBindingsOnly(t *testing.T) {
	f := withController(t, "-mesh=none")
	f.create(MakeProfile("meshless-shared").Contributor("User", "guest@example.com", "view").Obj())
	f.awaitReady("meshless-shared")
	if b, p := f.contributorObjects("meshless-shared"); len(b) != 1 || len(p) != 0 {
		t.Errorf("there are %d bindings and %d policies, want 1 and none", len(b), len(p))
	}
	f.mustBe("meshless-shared", profilev1.ConditionAccessReady, metav1.ConditionTrue, profilev1.ReasonApplied)
}
