package terraform

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

const arguments = `{
  cluster_name = "ml"
  tags         = { team = "platform" }
  profiles = {
    research = { policies = { read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" } }
    billing = {
      policies         = { read = "arn:aws:iam::aws:policy/ReadOnlyAccess" }
      inline_policies  = { invoices = "{}" }
      service_accounts = ["default-editor", "reports"]
    }
  }
}`

func caller(subject string) trusteval.Identity {
	return trusteval.Identity{Provider: "arn:aws:iam::123456789012:oidc-provider/" + issuer, Issuer: issuer,
		Subject: subject, Audience: "sts.amazonaws.com"}
}

func TestEachRoleIsForItsProfilesAccountsAlone(t *testing.T) {
	m := load(t, root)
	scope, err := evaluate(t, m, arguments)
	if err != nil {
		t.Fatal(err)
	}
	admitted := map[string][]string{
		"research": {"system:serviceaccount:research:default-editor"},
		"billing":  {"system:serviceaccount:billing:default-editor", "system:serviceaccount:billing:reports"},
	}
	everybody := []string{"system:serviceaccount:research:default-viewer", "system:serviceaccount:research:reports",
		"system:serviceaccount:profiles-system:profiles-controller-service-account", "system:serviceaccount:research-2:default-editor"}
	for _, subjects := range admitted {
		everybody = append(everybody, subjects...)
	}
	instances, role := resource(t, m, scope, "aws_iam_role", "profile")
	if diff := cmp.Diff([]string{"billing", "research"}, slices.Sorted(maps.Keys(instances))); diff != "" {
		t.Fatalf("roles (-want +got):\n%s", diff)
	}
	for profile, scope := range instances {
		policy := trusteval.Evaluate([]byte(text(t, role, "assume_role_policy", scope)))
		for _, subject := range everybody {
			if want := slices.Contains(admitted[profile], subject); policy.Admits(caller(subject)) != want {
				t.Errorf("%s has the role of %s: %t, want %t", subject, profile, !want, want)
			}
		}
		wrong := caller(admitted[profile][0])
		wrong.Audience = "another"
		anonymous := caller("")
		anonymous.Anonymous = true
		if policy.Admits(wrong) || policy.Admits(anonymous) {
			t.Errorf("the role of %s is open to tokens for others, or without a subject", profile)
		}
	}
}

func TestTheControllersRoleIsForTheControllerAloneAndNotUnderItsOwnRights(t *testing.T) {
	m := load(t, root)
	for namespace, arguments := range map[string]string{
		"profiles-system": `{ cluster_name = "ml" }`, "kubeflow": `{ cluster_name = "ml", namespace = "kubeflow" }`} {
		scope, err := evaluate(t, m, arguments)
		if err != nil {
			t.Fatal(err)
		}
		_, role := resource(t, m, scope, "aws_iam_role", "controller")
		policy := trusteval.Evaluate([]byte(text(t, role, "assume_role_policy", scope)))
		for _, other := range []string{"profiles-system", "kubeflow"} {
			if got := policy.Admits(caller("system:serviceaccount:" + other + ":profiles-controller-service-account")); got != (other == namespace) {
				t.Errorf("in %s the account of %s is admitted: %t", namespace, other, got)
			}
		}
		_, rights := resource(t, m, scope, "aws_iam_role_policy", "controller")
		want := `{"Statement":[{"Action":["iam:GetRole","iam:UpdateAssumeRolePolicy"],"Effect":"Allow","Resource":"arn:aws:iam::123456789012:role/profiles/ml/*"}],"Version":"2012-10-17"}`
		if diff := cmp.Diff(want, text(t, rights, "policy", scope)); diff != "" {
			t.Errorf("rights (-want +got):\n%s", diff)
		}
		if role.Body.Attributes["path"] != nil {
			t.Error("the controller's role has a path, and may be below that of the Profiles' roles")
		}
	}
}

func TestRolesHaveTheirTagAndTheirPolicies(t *testing.T) {
	m := load(t, root)
	scope, err := evaluate(t, m, arguments)
	if err != nil {
		t.Fatal(err)
	}
	roles, role := resource(t, m, scope, "aws_iam_role", "profile")
	for profile, scope := range roles {
		tags, diagnostics := role.Body.Attributes["tags"].Expr.Value(scope)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		// The same key as awsirsa.TagKey.
		if got := tags.AsValueMap(); got["kubeflow.org/profile"].AsString() != profile || got["team"].AsString() != "platform" {
			t.Errorf("the role of %s has the tags %#v", profile, tags)
		}
		if got := text(t, role, "path", scope) + text(t, role, "name", scope); got != "/profiles/ml/ml-"+profile {
			t.Errorf("the role of %s is %s", profile, got)
		}
	}
	attached, _ := resource(t, m, scope, "aws_iam_role_policy_attachment", "profile")
	inline, _ := resource(t, m, scope, "aws_iam_role_policy", "profile")
	if diff := cmp.Diff([]string{"billing/read", "research/read"}, slices.Sorted(maps.Keys(attached))); diff != "" {
		t.Errorf("attachments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"billing/invoices"}, slices.Sorted(maps.Keys(inline))); diff != "" {
		t.Errorf("inline policies (-want +got):\n%s", diff)
	}
}

// What IAM would refuse halfway through, when other roles are there already.
func TestNamesThatRolesCannotHaveAreRefusedBeforeAnythingIsMade(t *testing.T) {
	m := load(t, root)
	long := strings.Repeat("m", 60)
	for arguments, complaint := range map[string]string{
		`{ cluster_name = "ml", profiles = { research = {} } }`:                                         "",
		`{ cluster_name = "ml", profiles = { profiles-controller = {} } }`:                              "set the Profile's role_name, or controller_role_name",
		`{ cluster_name = "ml", profiles = { a = { role_name = "ML-Profiles-Controller" } } }`:          "set the Profile's role_name, or controller_role_name",
		`{ cluster_name = "ml", profiles = { profiles-controller = { role_name = "p" } } }`:             "",
		`{ cluster_name = "ml", controller_role_name = "c", profiles = { profiles-controller = {} } }`:  "",
		`{ cluster_name = "` + long + `" }`:                                                             "set controller_role_name",
		`{ cluster_name = "` + long + `", controller_role_name = "c", profiles = { research = {} } }`:   "for the Profile research is longer",
		`{ cluster_name = "` + long + `", controller_role_name = "c", profiles = { a = {}, b2 = {} } }`: "",
	} {
		scope, err := evaluate(t, m, arguments)
		if err != nil {
			t.Fatal(err)
		}
		var complaints []string
		for _, name := range []string{"controller", "profile"} {
			instances, role := resource(t, m, scope, "aws_iam_role", name)
			for _, instance := range instances {
				if err := preconditions(role, instance); err != nil {
					complaints = append(complaints, err.Error())
				}
			}
		}
		if got := strings.Join(complaints, "\n"); complaint == "" && got != "" || !strings.Contains(got, complaint) {
			t.Errorf("%s is answered with %q, want a complaint with %q", arguments, got, complaint)
		}
	}
}

func TestTheValuesForTheChartNameWhatTokensAreFor(t *testing.T) {
	m := load(t, root)
	for arguments, want := range map[string]string{
		`{ cluster_name = "ml" }`: `{"controller":{"extraArgs":["-aws-require-role-tag"]},` +
			`"serviceAccount":{"annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::123456789012:role/c"}}}`,
		`{ cluster_name = "ml", audience = "sts.amazonaws.com.cn" }`: `{"controller":{"extraArgs":["-aws-require-role-tag"]},` +
			`"serviceAccount":{"annotations":{"eks.amazonaws.com/audience":"sts.amazonaws.com.cn","eks.amazonaws.com/role-arn":"arn:aws:iam::123456789012:role/c"}}}`,
	} {
		scope, err := evaluate(t, m, arguments)
		if err != nil {
			t.Fatal(err)
		}
		scope.Variables["aws_iam_role"] = object(map[string]cty.Value{"controller": object(map[string]cty.Value{
			"arn": cty.StringVal("arn:aws:iam::123456789012:role/c")})})
		for _, b := range m.blocks["output"] {
			if b.Labels[0] == "helm_values" {
				if diff := cmp.Diff(want, text(t, b, "value", scope)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", arguments, diff)
				}
			}
		}
	}
}

func TestWhatWouldOpenTooMuchIsRefused(t *testing.T) {
	m := load(t, root)
	for arguments, complaint := range map[string]string{
		`{ cluster_name = "ml", path = "/" }`:                                                          "with / alone",
		`{ cluster_name = "ml", path = "/profiles" }`:                                                  "begins and ends with a slash",
		`{ cluster_name = "ml", path = "/*/" }`:                                                        "begins and ends with a slash",
		`{ cluster_name = "ml", profiles = { "a*" = {} } }`:                                            "names of Profiles",
		`{ cluster_name = "ml", profiles = { a = { service_accounts = [] } } }`:                        "at least one service account",
		`{ cluster_name = "ml", profiles = { a = { service_accounts = ["*"] } } }`:                     "wildcard",
		`{ cluster_name = "ml", profiles = { a = { service_accounts = ["default-editor", "x:y"] } } }`: "whole name",
		`{}`: "cluster_name is required",
	} {
		if _, err := evaluate(t, m, arguments); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s is answered with %v, want a complaint with %q", arguments, err, complaint)
		}
	}
}
