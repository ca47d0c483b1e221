package tenancy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestUsernameIsWhatTheAPIServerCallsASubject(t *testing.T) {
	tests := map[string]rbacv1.Subject{
		"ann@example.com":              {Kind: "User", Name: "ann@example.com", Namespace: "ignored"},
		"data-science":                 {Kind: "Group", Name: "data-science"},
		"system:serviceaccount:ci:bot": {Kind: "ServiceAccount", Name: "bot", Namespace: "ci"},
	}
	for want, subject := range tests {
		if got := Username(subject); got != want {
			t.Errorf("Username(%v) = %q, want %q", subject, got, want)
		}
	}
}

func TestCheckUserHeader(t *testing.T) {
	tests := []struct {
		header, prefix string
		fine           bool
	}{
		{"kubeflow-userid", "", true},
		{"x-goog-authenticated-user-email", "accounts.google.com:", true},
		{"X_User", "a*b", true},
		{"", "", false},
		{"user id", "", false},
		{"user]", "", false},
		{"user*", "", false},
		{":path", "", false},
		{"kubeflow-userid", "*", false},
		{"kubeflow-userid", "*accounts:", false},
	}
	for _, test := range tests {
		if err := CheckUserHeader(test.header, test.prefix); (err == nil) != test.fine {
			t.Errorf("CheckUserHeader(%q, %q) = %v, want fine %v", test.header, test.prefix, err, test.fine)
		}
	}
}

func TestCheckTrustDomain(t *testing.T) {
	for setting, fine := range map[string]bool{
		"": true, "cluster.local": true, "corp-1.example": true,
		"*": false, "*.local": false, "cluster.local/ns": false, "spiffe://cluster.local": false, "Cluster": false,
	} {
		if err := CheckTrustDomain(setting); (err == nil) != fine {
			t.Errorf("CheckTrustDomain(%q) = %v, want fine %v", setting, err, fine)
		}
	}
}

func TestParseNamespaces(t *testing.T) {
	got, err := ParseNamespaces(" knative-serving, ,istio-system")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"knative-serving", "istio-system"}, got); diff != "" {
		t.Errorf("the namespaces differ (-want +got):\n%s", diff)
	}
	for _, list := range []string{"*", "knative-*", "a/b", "Team", "a b"} {
		if _, err := ParseNamespaces(list); err == nil {
			t.Errorf("ParseNamespaces(%q) accepted it", list)
		}
	}
}
