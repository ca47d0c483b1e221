package trustpolicy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ours is the provider of the cluster in testdata/policies, theirs that of another one.
var (
	ours   = testProvider("0123456789ABCDEF")
	theirs = testProvider("FEDCBA9876543210")
)

func testProvider(id string) Provider {
	name := "oidc.eks.eu-west-1.amazonaws.com/id/" + id
	return Provider{ARN: "arn:aws:iam::111122223333:oidc-provider/" + name, Issuer: name}
}

var (
	alice  = Subject("alice", "default-editor")
	bob    = Subject("bob", "default-editor")
	carol  = Subject("carol", "default-editor")
	runner = Subject("kubeflow", "pipeline-runner")
)

// ourSid is the Sid that Grant gives its statements for ours.
const ourSid = "KubeflowProfiles7f41019e"

// realShaped returns a policy of testdata/policies.
func realShaped(t testing.TB, name string) string {
	t.Helper()
	policy, err := os.ReadFile(filepath.Join("testdata", "policies", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(policy)
}

// allRealShaped returns all of testdata/policies by name.
func allRealShaped(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "policies", "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d policies: %v", len(files), err)
	}
	policies := make(map[string]string, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		policies[name] = realShaped(t, name)
	}
	return policies
}

// splice returns text with the only occurrence of old replaced, so that a test can state
// an edit and thereby that everything else stays.
func splice(t testing.TB, text, old, replacement string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q occurs %d times", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, replacement, 1)
}

// ownStatement is what Grant appends, written out.
func ownStatement(sid, audience string, subjects ...string) string {
	return `{"Sid":"` + sid + `","Effect":"Allow","Principal":{"Federated":"` + ours.ARN + `"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{` +
		`"` + ours.Issuer + `:aud":"` + audience + `","` + ours.Issuer + `:sub":["` + strings.Join(subjects, `","`) + `"]}}}`
}
