package awsroles

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

var (
	account = Account{Partition: "aws-cn", ID: "123456789012"}
	own     = Role{Account: account, Name: "profiles-controller-demo"}
)

func TestRolePatterns(t *testing.T) {
	for pattern, wrong := range map[string]string{
		"role/profiles/*":                      "",
		"role/vision":                          "",
		"role/team-?-*":                        "",
		"":                                     "must name roles",
		"*":                                    "must name roles",
		"role/":                                "must name roles",
		"role/*":                               "must name roles",
		"role/?*":                              "must name roles",
		"user/a*":                              "must name roles",
		"role/a b":                             "must name roles",
		"role/${aws:username}":                 "must name roles",
		"role/p*":                              "the controller's own role",
		"role/profiles-controller-demo":        "the controller's own role",
		"role/profiles?controller*":            "the controller's own role",
		"arn:aws:iam::123456789012:role/x/y/*": "must name roles",
	} {
		all := RolePatterns{"role/good/*", pattern}
		err := all.Check()
		if err == nil {
			err = all.Spare(own)
		}
		if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

func TestControllerPolicyAllowsTwoActionsOnTheRoles(t *testing.T) {
	var got policy
	if err := json.Unmarshal([]byte(RolePatterns{"role/a/*", "role/b"}.Policy(account).Document), &got); err != nil {
		t.Fatal(err)
	}
	want := policy{"2012-10-17", []statement{{
		Sid: "EditTrustPolicies", Effect: "Allow", Action: []string{"iam:GetRole", "iam:UpdateAssumeRolePolicy"},
		Resource: []string{"arn:aws-cn:iam::123456789012:role/a/*", "arn:aws-cn:iam::123456789012:role/b"},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBucketPolicyOfAWholeBucket(t *testing.T) {
	p, err := BucketPolicy(account, "ml-data", "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.Document, "Condition") || !strings.Contains(p.Document, `"arn:aws-cn:s3:::ml-data/*"`) {
		t.Errorf("it is %s", p.Document)
	}
}

func TestCheckRoleName(t *testing.T) {
	for name, good := range map[string]bool{
		"vision": true, "a/b/vision": true, "a+=,.@_-": true, strings.Repeat("a", 64): true, strings.Repeat("p/", 255) + "a": true,
		"": false, "/vision": false, "a//b": false, "a/": false, "vi*sion": false, "v?/x": false, "a b": false, "é": false,
		strings.Repeat("a", 65): false, strings.Repeat("p/", 256) + "a": false,
	} {
		if err := CheckRoleName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestEKSClusterNamed(t *testing.T) {
	for name, want := range map[string]EKSCluster{
		"arn:aws:eks:eu-central-1:123456789012:cluster/demo": {"demo", "eu-central-1", "123456789012"},
		"demo.eu-central-1.eksctl.io":                        {"demo", "eu-central-1", ""},
		"kind-demo":                                          {},
		"arn:aws:ec2:eu-central-1:123456789012:cluster/demo": {},
	} {
		if got := EKSClusterNamed(name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestScriptsQuoteWhatOthersNamed(t *testing.T) {
	for text, want := range map[string]string{"a/b:c=d": "a/b:c=d", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "": "''", "*": "'*'"} {
		if got := plain.ShellQuoted(text); got != want {
			t.Errorf("%q for a shell: %s", text, got)
		}
	}
	for text, want := range map[string]string{"a": `"a"`, `"${x}`: `"\"$${x}"`, "%{x}": `"%%{x}"`} {
		if got := hclQuoted(text); got != want {
			t.Errorf("%q for Terraform: %s", text, got)
		}
	}
	for text, want := range map[string]string{"profiles-controller.Demo": "profiles_controller_demo", "1a": "_1a", "@": "_"} {
		if got := label(text); got != want {
			t.Errorf("%q as a label: %s", text, got)
		}
	}
}
