package doctor

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

func TestExpandWritesARuleOut(t *testing.T) {
	got := expand(rbacv1.PolicyRule{APIGroups: []string{"kubeflow.org"}, Resources: []string{"profiles", "profiles/status"}, Verbs: []string{"list", "patch"}, ResourceNames: []string{"a"}}, "n")
	var texts []string
	for _, r := range got {
		texts = append(texts, rightText(r))
	}
	want := []string{"list profiles.kubeflow.org a in n", "patch profiles.kubeflow.org a in n", "list profiles/status.kubeflow.org a in n", "patch profiles/status.kubeflow.org a in n"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("the rights differ (-want +got):\n%s", diff)
	}
}

// TestNeededRights looks for rights of each role in the manifests, and asks for those of the
// access API and of the mesh only where they are used.
func TestNeededRights(t *testing.T) {
	for name, c := range map[string]struct {
		i            installation.Installation
		needs, spare []string
	}{
		"controller alone": {installation.Installation{Namespace: "n", Deployment: &appsv1.Deployment{}},
			[]string{"patch profiles/status.kubeflow.org", "update leases.coordination.k8s.io kubeflow-profile-controller in n", "get secrets profiles-identity-seal in n",
				"bind clusterroles.rbac.authorization.k8s.io kubeflow-admin", "create authorizationpolicies.security.istio.io"},
			[]string{"create profiles.kubeflow.org"}},
		"with the access API": {installation.Installation{Namespace: "n", Deployment: &appsv1.Deployment{}, KFAM: &installation.Program{}},
			[]string{"create profiles.kubeflow.org", "patch profiles/status.kubeflow.org"}, nil},
	} {
		needed, err := neededRights(c.i)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, r := range needed {
			texts = append(texts, rightText(r))
		}
		for _, want := range c.needs {
			if !slices.Contains(texts, want) {
				t.Errorf("%s: it does not need %q of %q", name, want, texts)
			}
		}
		for _, spare := range c.spare {
			if slices.Contains(texts, spare) {
				t.Errorf("%s: it needs %q", name, spare)
			}
		}
		if unique := slices.Compact(slices.Clone(texts)); len(unique) != len(texts) {
			t.Errorf("%s: it asks twice for something: %q", name, texts)
		}
	}
}
