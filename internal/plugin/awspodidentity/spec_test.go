package awspodidentity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

const (
	aliceRole  = "arn:aws:iam::123456789012:role/alice"
	targetRole = "arn:aws:iam::210987654321:role/data/lake"
)

func TestReadSpec(t *testing.T) {
	tests := map[string]struct {
		spec string
		want Spec
	}{
		"the role alone": {`{"roleArn":"` + aliceRole + `"}`, Spec{aliceRole, "", []string{"default-editor"}}},
		"all of it": {`{"roleArn":"` + aliceRole + `","targetRoleArn":"` + targetRole + `","serviceAccounts":["a","b.c"]}`,
			Spec{aliceRole, targetRole, []string{"a", "b.c"}}},
		"keys in other case":    {`{"RoleARN":"` + aliceRole + `"}`, Spec{aliceRole, "", []string{"default-editor"}}},
		"another partition":     {`{"roleArn":"arn:aws-us-gov:iam::123456789012:role/a"}`, Spec{"arn:aws-us-gov:iam::123456789012:role/a", "", []string{"default-editor"}}},
		"every character":       {`{"roleArn":"arn:aws:iam::123456789012:role/x!~/y/Az09+=,.@_-"}`, Spec{"arn:aws:iam::123456789012:role/x!~/y/Az09+=,.@_-", "", []string{"default-editor"}}},
		"null for what may not": {`{"roleArn":"` + aliceRole + `","targetRoleArn":null,"serviceAccounts":null}`, Spec{aliceRole, "", []string{"default-editor"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readSpec([]byte(test.spec))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABadSpecIsRefusedByTheNameOfTheField(t *testing.T) {
	with := func(member string) string { return fmt.Sprintf(`{"roleArn":%q,%s}`, aliceRole, member) }
	role := func(arn string) string { return fmt.Sprintf(`{"roleArn":%q}`, arn) }
	tests := map[string]struct{ spec, field, says string }{
		"no role":                 {`{}`, "roleArn", "is required"},
		"an empty role":           {`{"roleArn":""}`, "roleArn", "is required"},
		"no ARN":                  {role("alice"), "roleArn", `"alice" is not the ARN`},
		"a user":                  {role("arn:aws:iam::123456789012:user/alice"), "roleArn", "is not the ARN"},
		"another service":         {role("arn:aws:sts::123456789012:role/alice"), "roleArn", "is not the ARN"},
		"a region":                {role("arn:aws:iam:us-east-1:123456789012:role/alice"), "roleArn", "is not the ARN"},
		"no account":              {role("arn:aws:iam:::role/alice"), "roleArn", "is not the ARN"},
		"eleven digits":           {role("arn:aws:iam::12345678901:role/alice"), "roleArn", "is not the ARN"},
		"no name":                 {role("arn:aws:iam::123456789012:role/a/"), "roleArn", "is not the ARN"},
		"a name that is too long": {role("arn:aws:iam::123456789012:role/" + strings.Repeat("a", 65)), "roleArn", "is not the ARN"},
		"a space":                 {role("arn:aws:iam::123456789012:role/a b"), "roleArn", "is not the ARN"},
		"a wildcard":              {role("arn:aws:iam::123456789012:role/*"), "roleArn", "is not the ARN"},
		"a bad target":            {with(`"targetRoleArn":"lake"`), "targetRoleArn", "is not the ARN"},
		"a target that is itself": {with(`"targetRoleArn":"` + aliceRole + `"`), "targetRoleArn", "is the same as roleArn"},
		"an account in capitals":  {with(`"serviceAccounts":["Runner"]`), "serviceAccounts", `"Runner" is not the name`},
		"an account twice":        {with(`"serviceAccounts":["a","a"]`), "serviceAccounts", "listed twice"},
		"an unknown field":        {with(`"annotateOnly":true`), "annotateOnly", "it has roleArn, targetRoleArn, serviceAccounts"},
		"the other plugin's role": {`{"awsIamRole":"` + aliceRole + `"}`, "awsIamRole", "no such field"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := readSpec([]byte(test.spec))
			message := plugintest.WantRefusal(t, err, profilev1.ReasonInvalidPluginSpec)
			if !strings.HasPrefix(message, test.field+": ") || !strings.Contains(message, test.says) {
				t.Errorf("the message is %q; want it to begin with %q and to say %q", message, test.field, test.says)
			}
		})
	}
}

func TestBindings(t *testing.T) {
	got, err := bindings(Spec{aliceRole, targetRole, []string{"a", "b"}}, "prod")
	if err != nil {
		t.Fatal(err)
	}
	settings := `{"cluster":"prod","roleArn":"` + aliceRole + `","targetRoleArn":"` + targetRole + `"}`
	want := []plugin.Binding{
		{ServiceAccount: "a", Identity: targetRole + " through " + aliceRole, Settings: settings},
		{ServiceAccount: "b", Identity: targetRole + " through " + aliceRole, Settings: settings},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bindings (-want +got):\n%s", diff)
	}
	w, err := wishOf("alice", got[1])
	if want := (wish{account{"prod", "alice", "b"}, "alice", aliceRole, targetRole}); err != nil || w != want {
		t.Errorf("read back as %+v, %v; want %+v", w, err, want)
	}
	if b := editorOn(aliceRole, ""); b.Identity != aliceRole {
		t.Errorf("without a target the identity is %s", b.Identity)
	}
	for _, settings := range []string{"", "[]", "{}", `{"cluster":"prod"}`, `{"roleArn":"r"}`} {
		if w, err := wishOf("alice", plugin.Binding{Settings: settings}); err == nil {
			t.Errorf("the settings %q are read as %+v", settings, w)
		}
	}
}

func TestMarksTellBindingsApart(t *testing.T) {
	seen := map[string]wish{}
	for _, w := range []wish{{role: "a"}, {role: "b"}, {role: "a", targetRole: "b"}, {role: "b", targetRole: "a"}, {role: "ab"}} {
		if other, taken := seen[w.mark()]; taken {
			t.Errorf("%+v and %+v have the mark %s", w, other, w.mark())
		}
		seen[w.mark()] = w
	}
}

func TestCheckCluster(t *testing.T) {
	for _, good := range []string{"", "prod", "My_cluster-1", strings.Repeat("a", 100)} {
		if err := CheckCluster(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"-a", "a/b", "a b", "../x", strings.Repeat("a", 101)} {
		if CheckCluster(bad) == nil {
			t.Errorf("%q is taken for the name of a cluster", bad)
		}
	}
	if _, err := New(Options{Cluster: "a/b"}); err == nil {
		t.Error("New takes a bad name")
	}
}
