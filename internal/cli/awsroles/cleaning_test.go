package awsroles

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

const shared = "arn:aws:iam::123456789012:role/shared"

// asking is a Profile that names the role shared, for tokens with an audience.
func asking(name, audience string) *profilev1.Profile {
	p := &profilev1.Profile{}
	p.Name = name
	p.Spec.Plugins = []profilev1.Plugin{{Kind: awsirsa.Kind, Spec: &runtime.RawExtension{
		Raw: []byte(`{"awsIamRole": "` + shared + `", "audience": "` + audience + `"}`)}}}
	return p
}

// TestClosingKeepsEachProfileWithItsAudience closes a role that says nothing of audiences.
func TestClosingKeepsEachProfileWithItsAudience(t *testing.T) {
	p, err := trustpolicy.NewProvider("aws", "123456789012", "https://oidc.example.com/id/a")
	if err != nil {
		t.Fatal(err)
	}
	open := ListedRole{shared, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + p.ARN + `"},"Action":"sts:AssumeRoleWithWebIdentity"}}`}
	tenants := Tenants{profiles: map[string]bool{}, asked: map[string]map[string][]string{}}
	tenants.note(asking("ann", ""))
	tenants.note(asking("ben", "sts.example.com"))
	audited, trusts := Audit(open, p, 2048, tenants)
	if !trusts || !audited.Open {
		t.Fatalf("it is %+v", audited)
	}
	c, err := Clean(audited, p, tenants, nil)
	if err != nil || c.StillOpen || !c.Changes() {
		t.Fatalf("%v, %+v", err, c)
	}
	if diff := cmp.Diff([]string{trustpolicy.Subject("ann", "default-editor"), trustpolicy.Subject("ben", "default-editor")}, c.Keep); diff != "" {
		t.Error(diff)
	}
	judge := trusteval.Evaluate([]byte(c.after))
	for _, test := range []struct {
		namespace, audience string
		want                bool
	}{
		{"ann", "sts.amazonaws.com", true}, {"ben", "sts.example.com", true},
		{"ann", "sts.example.com", false}, {"ben", "sts.amazonaws.com", false}, {"carl", "sts.amazonaws.com", false},
	} {
		got := judge.Admits(trusteval.Identity{Provider: p.ARN, Issuer: p.Issuer, Subject: trustpolicy.Subject(test.namespace, "default-editor"), Audience: test.audience})
		if got != test.want {
			t.Errorf("%s with %s comes in: %t\n%s", test.namespace, test.audience, got, c.after)
		}
	}
}

// TestDocumentsAreReadAsTheyCome has the forms in which IAM and what imitates it send policies.
func TestDocumentsAreReadAsTheyCome(t *testing.T) {
	for sent, want := range map[string]string{
		"%7B%22a%22%3A%20%22100%25%22%7D": `{"a": "100%"}`,
		`{"a": "100%"}`:                   `{"a": "100%"}`,
		"":                                "",
	} {
		if got, err := decoded(&sent); got != want || err != nil {
			t.Errorf("%q is read as %q, %v", sent, got, err)
		}
	}
}
