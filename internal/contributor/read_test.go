package contributor

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
)

var guest = Contributor{Namespace: "team-a", Kind: "User", Name: "guest@example.com", Role: "edit"}

func TestWhatIsBuiltIsReadBack(t *testing.T) {
	for _, c := range []Contributor{
		guest,
		{Namespace: "n", Kind: "Group", Name: "data science", Role: "view"},
		{Namespace: "n", Kind: "User", Name: "Ünï@example.com", Role: "admin"},
	} {
		got, err := Read(RoleBinding(c))
		if err != nil || got != c {
			t.Errorf("Read = %+v, %v; want %+v", got, err, c)
		}
		for _, name := range []string{ObjectName(c), LegacyName(c)} {
			policy := Policy(c, testSettings())
			policy.Name = name
			if got, ok := ReadPolicy(policy); !ok || got != c {
				t.Errorf("ReadPolicy of %s = %+v, %v; want %+v", name, got, ok, c)
			}
		}
	}
}

// TestOldObjectsAreFoundByWhatTheySay has what the existing access API writes: the API
// group may be missing, and the name is as ambiguous as it likes.
func TestOldObjectsAreFoundByWhatTheySay(t *testing.T) {
	old := RoleBinding(guest)
	old.Name, old.Labels, old.Subjects[0].APIGroup = "anything", nil, ""
	if got, err := Read(old); err != nil || got != guest {
		t.Errorf("Read = %+v, %v", got, err)
	}
}

// TestHostileRoleBindingsAreNobodys changes one thing in a good RoleBinding.
func TestHostileRoleBindingsAreNobodys(t *testing.T) {
	tests := map[string]struct {
		forge  func(*rbacv1.RoleBinding)
		reason string
	}{
		"two subjects, the second hidden behind the first": {func(b *rbacv1.RoleBinding) {
			b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: "mallory"})
		}, "2 subjects"},
		"no subject":                       {func(b *rbacv1.RoleBinding) { b.Subjects = nil }, "0 subjects"},
		"annotation names a victim":        {func(b *rbacv1.RoleBinding) { b.Annotations["user"] = "victim@example.com" }, "claims"},
		"annotation in other letter case":  {func(b *rbacv1.RoleBinding) { b.Annotations["user"] = "Guest@example.com" }, "claims"},
		"annotation claims a higher role":  {func(b *rbacv1.RoleBinding) { b.Annotations["role"] = "admin" }, "grants"},
		"annotation claims a role unheard": {func(b *rbacv1.RoleBinding) { b.Annotations["role"] = "cluster-admin" }, "role"},
		"no annotation user":               {func(b *rbacv1.RoleBinding) { delete(b.Annotations, "user") }, "no annotations"},
		"no annotation role":               {func(b *rbacv1.RoleBinding) { delete(b.Annotations, "role") }, "no annotations"},
		"built-in cluster role of that name": {func(b *rbacv1.RoleBinding) {
			b.RoleRef.Name = "edit"
		}, "grants"},
		"Role of the name of the cluster role": {func(b *rbacv1.RoleBinding) { b.RoleRef.Kind = "Role" }, "grants"},
		"service account": {func(b *rbacv1.RoleBinding) {
			b.Subjects[0] = rbacv1.Subject{Kind: "ServiceAccount", Name: "guest@example.com", Namespace: "team-a"}
		}, "kind"},
		"foreign API group": {func(b *rbacv1.RoleBinding) { b.Subjects[0].APIGroup = "example.com" }, "API group"},
		"everybody, as the mesh would read it": {func(b *rbacv1.RoleBinding) {
			b.Subjects[0].Name, b.Annotations["user"] = "*", "*"
		}, "'*'"},
		"line feed in the name": {func(b *rbacv1.RoleBinding) {
			b.Subjects[0].Name, b.Annotations["user"] = "a\nb", "a\nb"
		}, "control"},
		"empty name":       {func(b *rbacv1.RoleBinding) { b.Subjects[0].Name, b.Annotations["user"] = "", "" }, "empty"},
		"space at the end": {func(b *rbacv1.RoleBinding) { b.Subjects[0].Name, b.Annotations["user"] = "a ", "a " }, "white space"},
		"a name without limit": {func(b *rbacv1.RoleBinding) {
			n := strings.Repeat("a", 1025)
			b.Subjects[0].Name, b.Annotations["user"] = n, n
		}, "1024"},
		"a name that is no text": {func(b *rbacv1.RoleBinding) {
			b.Subjects[0].Name, b.Annotations["user"] = "a\xff", "a\xff"
		}, "UTF-8"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			binding := RoleBinding(guest)
			test.forge(binding)
			if got, err := Read(binding); err == nil || !strings.Contains(err.Error(), test.reason) || got != (Contributor{}) {
				t.Errorf("Read = %+v, %v; want a complaint about %q", got, err, test.reason)
			}
		})
	}
}

func TestMostRoleBindingsClaimNothing(t *testing.T) {
	if _, err := Read(&rbacv1.RoleBinding{}); !errors.Is(err, ErrUnrelated) {
		t.Errorf("Read = %v", err)
	}
}

// TestForeignPoliciesAreNobodys changes one thing in a good policy. What is read wrongly
// here would be deleted or overwritten.
func TestForeignPoliciesAreNobodys(t *testing.T) {
	tests := map[string]func(*istiov1beta1.AuthorizationPolicy){
		"another name":           func(p *istiov1beta1.AuthorizationPolicy) { p.Name = "deny-all" },
		"the owner's":            func(p *istiov1beta1.AuthorizationPolicy) { p.Name = "ns-owner-access-istio" },
		"another user":           func(p *istiov1beta1.AuthorizationPolicy) { p.Annotations["user"] = "other@example.com" },
		"another role":           func(p *istiov1beta1.AuthorizationPolicy) { p.Annotations["role"] = "view" },
		"no annotations":         func(p *istiov1beta1.AuthorizationPolicy) { p.Annotations = nil },
		"kept by the controller": func(p *istiov1beta1.AuthorizationPolicy) { MarkDeclared(p) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			policy := Policy(guest, testSettings())
			change(policy)
			if got, ok := ReadPolicy(policy); ok {
				t.Errorf("ReadPolicy = %+v", got)
			}
		})
	}
}

func TestDeclaredWantsBothMarks(t *testing.T) {
	binding := RoleBinding(guest)
	if Declared(binding) {
		t.Error("what was granted counts as declared")
	}
	binding.Annotations[SourceAnnotation] = SourceSpec
	if Declared(binding) {
		t.Error("the annotation alone, which the controller would never see, counts")
	}
	MarkDeclared(binding)
	if !Declared(binding) {
		t.Error("both marks do not count")
	}
	if got, err := Read(binding); err != nil || got != guest {
		t.Errorf("a declared contributor reads as %+v, %v", got, err)
	}
	want := map[string]string{"user": guest.Name, "role": "edit", "kubeflow.org/contributor-source": "spec.contributors"}
	if diff := cmp.Diff(want, binding.Annotations); diff != "" {
		t.Error(diff)
	}
}
