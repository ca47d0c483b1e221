package tenancy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestCheckOwner(t *testing.T) {
	tests := map[string]struct {
		owner rbacv1.Subject
		// complaint is part of the error; empty means that the owner is fine.
		complaint string
	}{
		"user":                           {rbacv1.Subject{Kind: "User", Name: "user@example.com"}, ""},
		"group":                          {rbacv1.Subject{Kind: "Group", Name: "data science & co"}, ""},
		"service account":                {rbacv1.Subject{Kind: "ServiceAccount", Name: "bot", Namespace: "ci"}, ""},
		"user in another script":         {rbacv1.Subject{Kind: "User", Name: "ユーザー@example.com"}, ""},
		"no kind":                        {rbacv1.Subject{Name: "x"}, "kind"},
		"kind in lower case":             {rbacv1.Subject{Kind: "user", Name: "x"}, "kind"},
		"no name":                        {rbacv1.Subject{Kind: "User"}, "must not be empty"},
		"everybody":                      {rbacv1.Subject{Kind: "User", Name: "*"}, "'*'"},
		"everybody of a domain":          {rbacv1.Subject{Kind: "User", Name: "*@example.com"}, "'*'"},
		"leading space":                  {rbacv1.Subject{Kind: "User", Name: " x"}, "white space"},
		"trailing no-break space":        {rbacv1.Subject{Kind: "User", Name: "x\u00a0"}, "white space"},
		"line feed inside":               {rbacv1.Subject{Kind: "User", Name: "a\nb"}, "control"},
		"service account, no namespace":  {rbacv1.Subject{Kind: "ServiceAccount", Name: "bot"}, "namespace"},
		"service account, bad name":      {rbacv1.Subject{Kind: "ServiceAccount", Name: "Bot!", Namespace: "ci"}, "name of a service account"},
		"service account, bad namespace": {rbacv1.Subject{Kind: "ServiceAccount", Name: "bot", Namespace: "a/b"}, "namespace"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := CheckOwner(test.owner)
			switch {
			case test.complaint == "" && err != nil:
				t.Errorf("CheckOwner = %v, want no complaint", err)
			case test.complaint != "" && (err == nil || !strings.Contains(err.Error(), test.complaint)):
				t.Errorf("CheckOwner = %v, want a complaint about %q", err, test.complaint)
			}
		})
	}
}

func TestSubjectHasTheAPIGroupOfItsKind(t *testing.T) {
	tests := []struct{ owner, want rbacv1.Subject }{
		{rbacv1.Subject{Kind: "User", Name: "u", Namespace: "ignored"},
			rbacv1.Subject{Kind: "User", Name: "u", APIGroup: "rbac.authorization.k8s.io"}},
		{rbacv1.Subject{Kind: "Group", Name: "g", APIGroup: "wrong"},
			rbacv1.Subject{Kind: "Group", Name: "g", APIGroup: "rbac.authorization.k8s.io"}},
		{rbacv1.Subject{Kind: "ServiceAccount", Name: "s", Namespace: "n", APIGroup: "wrong"},
			rbacv1.Subject{Kind: "ServiceAccount", Name: "s", Namespace: "n"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Subject(test.owner)); diff != "" {
			t.Errorf("Subject(%v) differs (-want +got):\n%s", test.owner, diff)
		}
	}
}

func TestReservedNames(t *testing.T) {
	names, err := ParseReservedNames(" knative-serving, team-* ,,x")
	if err != nil {
		t.Fatal(err)
	}
	names = names.With("profiles-system")
	tests := map[string]bool{
		"kube-system": true, "kube-public": true, "kube-anything": true, "default": true,
		"kubeflow": true, "istio-system": true,
		"knative-serving": true, "team-": true, "team-a": true, "x": true, "profiles-system": true,
		"kubeflow-user-example-com": false, "kube": false, "defaults": false, "team": false, "xy": false, "": false,
	}
	for name, want := range tests {
		if got := names.Contains(name); got != want {
			t.Errorf("Contains(%q) = %v, want %v", name, got, want)
		}
	}
	if (ReservedNames{}).With("").Contains("team-a") {
		t.Error("an unknown own namespace reserves other names")
	}
}

func TestParseReservedNamesRefusesWhatIsNoName(t *testing.T) {
	for _, list := range []string{"*", "a*b", "Team", "a/b", "a b"} {
		if _, err := ParseReservedNames(list); err == nil {
			t.Errorf("ParseReservedNames(%q) accepted it", list)
		}
	}
}

func TestRolesStandForThreeClusterRolesOnly(t *testing.T) {
	for role, want := range map[Role]string{RoleAdmin: "kubeflow-admin", RoleEdit: "kubeflow-edit", RoleView: "kubeflow-view"} {
		if got, ok := role.ClusterRole(); !ok || got != want {
			t.Errorf("%q stands for %q, %v; want %q", role, got, ok, want)
		}
	}
	for _, role := range []Role{"", "cluster-admin", "Admin", "kubeflow-admin"} {
		if got, ok := role.ClusterRole(); ok {
			t.Errorf("%q stands for %q", role, got)
		}
	}
}
