package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const anyRole = `"awsIamRole":"arn:aws:iam::123456789012:role/any"`

// badSpecs are settings that nobody can carry out, and what the condition must say.
var badSpecs = []struct {
	what, spec string
	says       []string
}{
	{"nothing at all", `{}`, []string{"awsIamRole: is required"}},
	{"an empty role", `{"awsIamRole":""}`, []string{"awsIamRole: is required"}},
	{"a role's name", `{"awsIamRole":"data-reader"}`, []string{`awsIamRole: "data-reader" is not the ARN of an IAM role`, "arn:aws:iam::123456789012:role/name"}},
	{"the ARN of a user", `{"awsIamRole":"arn:aws:iam::123456789012:user/me"}`, []string{"is not the ARN of an IAM role"}},
	{"the ARN of a bucket", `{"awsIamRole":"arn:aws:s3:::bucket"}`, []string{"is not the ARN of an IAM role"}},
	{"the ARN of a session", `{"awsIamRole":"arn:aws:sts::123456789012:assumed-role/a/b"}`, []string{"is not the ARN of an IAM role"}},
	{"an ARN and a newline", `{"awsIamRole":"arn:aws:iam::123456789012:role/any\n"}`, []string{"is not the ARN of an IAM role"}},
	{"a shell variable that nobody filled in", `{"awsIamRole":"$OIDC_ROLE_ARN"}`, []string{`"$OIDC_ROLE_ARN" is not the ARN`}},
	{"a role that is a number", `{"awsIamRole":1}`, []string{"awsIamRole: must not be a JSON number"}},
	{"a misspelled key", `{` + anyRole + `,"anotateOnly":true}`, []string{"anotateOnly: this plugin has no such field", "annotateOnly"}},
	{"a key of another cloud", `{"gcpServiceAccount":"a@b.iam.gserviceaccount.com"}`, []string{"gcpServiceAccount: this plugin has no such field"}},
	{"annotateOnly in quotes", `{` + anyRole + `,"annotateOnly":"true"}`, []string{"annotateOnly: must not be a JSON string"}},
	{"annotateOnly twice", `{` + anyRole + `,"annotateOnly":false,"AnnotateOnly":true}`, []string{"is given twice"}},
	{"an account that cannot be", `{` + anyRole + `,"serviceAccounts":["Default_Editor"]}`, []string{`serviceAccounts: "Default_Editor" is not the name of a service account`}},
	{"an account of another namespace", `{` + anyRole + `,"serviceAccounts":["kube-system:admin"]}`, []string{"is not the name of a service account"}},
	{"all accounts", `{` + anyRole + `,"serviceAccounts":["*"]}`, []string{"is not the name of a service account"}},
	{"an account twice", `{` + anyRole + `,"serviceAccounts":["a","a"]}`, []string{`"a" is listed twice`}},
	{"accounts that are no list", `{` + anyRole + `,"serviceAccounts":"a"}`, []string{"serviceAccounts: must not be a JSON string"}},
	{"an audience with a wildcard", `{` + anyRole + `,"audience":"*"}`, []string{"audience: "}},
	{"a token for a minute", `{` + anyRole + `,"tokenExpirationSeconds":60}`, []string{"tokenExpirationSeconds: 60 is out of bounds", "600"}},
	{"a token for an hour in words", `{` + anyRole + `,"tokenExpirationSeconds":"1h"}`, []string{"tokenExpirationSeconds: must not be a JSON string"}},
	{"regional endpoints that are a word", `{` + anyRole + `,"stsRegionalEndpoints":"yes"}`, []string{"stsRegionalEndpoints: must not be a JSON string"}},
}

// TestABadAWSSpecIsToldAndLosesNothing has each mistake made in a Profile that is bound,
// and corrected again.
func TestABadAWSSpecIsToldAndLosesNothing(t *testing.T) {
	f := withAWS(t)
	arn := f.role("mistaken", handMadePolicy())
	f.create(MakeProfile("mistaken").Quota("pods", "1").AWS(arn).Obj())
	f.awaitIdentity("mistaken", arn)
	before, states := requestsFor("mistaken", "any"), len(aws.History("mistaken"))
	for _, bad := range badSpecs {
		t.Run(bad.what, func(t *testing.T) {
			f := f.within(t)
			f.plug("mistaken", bad.spec)
			c := f.awaitCondition("mistaken", profilev1.ConditionIdentityReady, profilev1.ReasonInvalidPluginSpec)
			f.mustSay(c.Message, append(bad.says, "spec.plugins[0].spec: ")...)
			for _, of := range []profilev1.ConditionType{profilev1.ConditionNamespaceReady, profilev1.ConditionAccessReady, profilev1.ConditionQuotaReady} {
				f.mustBe("mistaken", of, metav1.ConditionTrue, profilev1.ReasonApplied)
			}
			f.mustBe("mistaken", profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonInvalidPluginSpec)
			f.mustBeAnnotated("mistaken", editor, toRole(arn))
		})
	}
	f.mustAssume(arn, "mistaken", editor)
	f.awaitEvent("Profile", "mistaken", profilev1.ReasonInvalidPluginSpec)
	f.plug("mistaken", awsSpec(arn))
	f.awaitIdentity("mistaken", arn)
	f.mustNotAskFor(before)
	mustEqual(t, "states of the trust policy", len(aws.History("mistaken")), states)
}

// TestABadAWSSpecFromTheStart has nothing bound before. One of two entries is good, and a
// Profile without settings is one that names no role.
func TestABadAWSSpecFromTheStart(t *testing.T) {
	f := withAWS(t)
	arn := f.role("half", handMadePolicy())
	empty := MakeProfile("hollow-spec").Plugin(awsKind, `{}`).Obj()
	empty.Spec.Plugins[0].Spec = nil
	f.create(empty, MakeProfile("half").AWS(arn, `"serviceAccounts":["runner"]`).Plugin(awsKind, `{"role":"x"}`).Obj())
	for name, field := range map[string]string{"hollow-spec": "spec.plugins[0].spec: awsIamRole: is required", "half": "spec.plugins[1].spec: role: this plugin has no such field"} {
		c := f.awaitCondition(name, profilev1.ConditionIdentityReady, profilev1.ReasonInvalidPluginSpec)
		f.mustSay(c.Message, field)
		f.mustBe(name, profilev1.ConditionNamespaceReady, metav1.ConditionTrue, profilev1.ReasonApplied)
		f.mustBe(name, profilev1.ConditionAccessReady, metav1.ConditionTrue, profilev1.ReasonApplied)
		f.mustBeAnnotated(name, editor, nil)
	}
	f.eventually("the good entry is carried out", func() error { return f.assumeOnceThere(arn, "half", "runner") })
	f.plug("hollow-spec", awsSpec(arn))
	f.awaitIdentity("hollow-spec", arn)
	if message := condition(f.profile("hollow-spec"), profilev1.ConditionIdentityReady).Message; strings.Contains(message, "required") {
		t.Errorf("the condition still complains: %s", message)
	}
}

// assumeOnceThere is assume for an account that may still be missing.
func (f *fixture) assumeOnceThere(arn, namespace, name string) error {
	account := accountNamed(namespace, name)
	if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(account), account); err != nil {
		return err
	}
	return f.assume(arn, namespace, name)
}
