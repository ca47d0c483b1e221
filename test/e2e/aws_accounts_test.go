package e2e

import (
	"slices"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestJourneysOfServiceAccountsWithAWSRoles(t *testing.T) {
	withAWS(t).sideBySide(
		journey{"several accounts, of which one is missing and one is somebody's", severalAccounts},
		journey{"two roles for two accounts of one Profile", twoRoles},
		journey{"two roles for one account are refused", twoRolesForOneAccount},
		journey{"the webhook's settings come, change and go", webhookSettings},
		journey{"another audience is granted instead of the first", anotherAudience},
	)
}

// severalAccounts has pipelines run under an account of their own, and training under one
// that somebody made before.
func severalAccounts(f *fixture) {
	arn := f.role("several", handMadePolicy())
	f.create(MakeProfile("several").Obj())
	f.awaitReady("several")
	trainer := accountNamed("several", "trainer")
	trainer.Annotations = map[string]string{"example.com/team": "vision", "eks.amazonaws.com/compute-type": "spot"}
	trainer.Labels = map[string]string{"example.com/tier": "gold"}
	trainer.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
	f.create(trainer)

	f.plug("several", awsSpec(arn, `"serviceAccounts":["default-editor","pipeline-runner","trainer"]`))
	f.awaitIdentity("several", arn, arn, arn)
	for _, name := range []string{editor, "pipeline-runner", "trainer"} {
		f.mustAssume(arn, "several", name)
	}
	f.mustNotAssume(arn, "several", viewer)
	f.mustBeAnnotated("several", "pipeline-runner", toRole(arn))
	mustEqual(f.t, "labels of the account that was missing", live(f, accountNamed("several", "pipeline-runner")).Labels, map[string]string{managedBy: "profile-controller"})
	mustHaveNoRights(f, "several", "pipeline-runner")
	mustHaveNoRights(f, "several", "trainer")
	mustEqual(f.t, "times that the trust policy was written", len(aws.History("several"))-1, 1)

	f.plug("several", awsSpec(arn, `"serviceAccounts":["default-editor"]`))
	f.awaitIdentity("several", arn)
	f.mustAssume(arn, "several", editor)
	for _, name := range []string{"pipeline-runner", "trainer"} {
		f.mustNotAssume(arn, "several", name)
	}
	f.mustBeAnnotated("several", "pipeline-runner", nil)
	left := live(f, accountNamed("several", "trainer"))
	mustEqual(f.t, "annotations of somebody's account", left.Annotations, map[string]string{"example.com/team": "vision", "eks.amazonaws.com/compute-type": "spot"})
	mustEqual(f.t, "label of somebody's account", left.Labels["example.com/tier"], "gold")
	mustEqual(f.t, "secrets of somebody's account", left.ImagePullSecrets, []corev1.LocalObjectReference{{Name: "registry"}})
	mustEqual(f.t, "owners of somebody's account", left.OwnerReferences, nil)
	f.mustNotWarn("several")
}

// mustHaveNoRights compares what an account may do in its namespace with what every
// account may that nobody gave anything.
func mustHaveNoRights(f *fixture, namespace, name string) {
	f.t.Helper()
	rights := func(name string) []authorizationv1.ResourceRule {
		review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace}}
		if err := f.asAccount(namespace, name).Create(f.ctx, review); err != nil {
			f.t.Fatal(err)
		}
		return review.Status.ResourceRules
	}
	if got, want := rights(name), rights("default"); !equality.Semantic.DeepEqual(got, want) {
		f.t.Errorf("the account %s has rights: %v, want only those of every account: %v", name, got, want)
	}
	if equality.Semantic.DeepEqual(rights(editor), rights("default")) {
		f.t.Error("the editor account has no rights either, so this shows nothing")
	}
}

func twoRoles(f *fixture) {
	data, models := f.role("two-data", handMadePolicy()), f.role("two-models", handMadePolicy())
	f.create(MakeProfile("two").AWS(data).AWS(models, `"serviceAccounts":["publisher"]`).Obj())
	f.awaitReady("two")
	f.mustAssume(data, "two", editor)
	f.mustAssume(models, "two", "publisher")
	f.mustNotAssume(data, "two", "publisher")
	f.mustNotAssume(models, "two", editor)
	f.remove(profileNamed("two"))
	f.awaitGone(profileNamed("two"))
	f.mustNotAdmit("two-data", editorOf("two"))
	f.mustNotAdmit("two-models", subjectOf("two", "publisher"))
}

func twoRolesForOneAccount(f *fixture) {
	first, second := f.role("rival-a", handMadePolicy()), f.role("rival-b", handMadePolicy())
	f.create(MakeProfile("rival").AWS(first).AWS(second).Obj())
	c := f.awaitCondition("rival", "IdentityReady", "PluginConflict")
	f.mustSay(c.Message, "spec.plugins[1].spec", "default-editor", first, "Remove one of the two entries")
	f.eventually("the first entry is carried out", func() error { return f.assume(first, "rival", editor) })
	f.awaitAnnotated("rival", toRole(first))
	mustEqual(f.t, "requests about the second", aws.RequestsFor("rival-b"), nil)
	f.plug("rival", awsSpec(second))
	f.awaitIdentity("rival", second)
	f.mustNotAssume(first, "rival", editor)
}

// webhookSettings never writes the trust policy again: they are between the account and
// the webhook.
func webhookSettings(f *fixture) {
	arn := f.role("settings", handMadePolicy())
	f.create(MakeProfile("settings").AWS(arn, `"stsRegionalEndpoints":true`, `"tokenExpirationSeconds":3600`).Obj())
	f.awaitIdentity("settings", arn)
	f.mustBeAnnotated("settings", editor, map[string]string{"role-arn": arn, "sts-regional-endpoints": "true", "token-expiration": "3600"})
	before := requestsFor("settings")
	for _, step := range []struct {
		settings string
		want     map[string]string
	}{
		{`"stsRegionalEndpoints":false,"tokenExpirationSeconds":7200`, map[string]string{"role-arn": arn, "sts-regional-endpoints": "false", "token-expiration": "7200"}},
		{`"TOKENEXPIRATIONSECONDS":7200`, map[string]string{"role-arn": arn, "token-expiration": "7200"}},
		{`"annotateOnly":false`, toRole(arn)},
	} {
		f.plug("settings", awsSpec(arn, step.settings))
		f.awaitIdentity("settings", arn)
		f.awaitAnnotated("settings", step.want)
	}
	mustEqual(f.t, "writes of the trust policy", aws.RequestsFor("settings")["UpdateAssumeRolePolicy"], before["settings"]["UpdateAssumeRolePolicy"])
	f.mustAssume(arn, "settings", editor)
	f.mustNotWarn("settings")
}

func anotherAudience(f *fixture) {
	arn := f.role("audience", handMadePolicy())
	with := func(audience string) bool {
		return aws.Admits("audience", clusterIssuer, editorOf("audience"), audience)
	}
	f.create(MakeProfile("audience").AWS(arn).Obj())
	f.awaitIdentity("audience", arn)
	f.plug("audience", awsSpec(arn, `"audience":"notebooks.example.com"`))
	f.awaitBound("audience", arn)
	f.mustBeAnnotated("audience", editor, map[string]string{"role-arn": arn, "audience": "notebooks.example.com"})
	if !with("notebooks.example.com") || with(stsAudience) {
		f.t.Errorf("the role must admit the new audience and no longer the first: %s", aws.TrustPolicy("audience"))
	}
	f.plug("audience", awsSpec(arn))
	f.awaitBound("audience", arn)
	f.mustBeAnnotated("audience", editor, toRole(arn))
	if with("notebooks.example.com") || !with(stsAudience) {
		f.t.Errorf("the role must admit the first audience again and not the other: %s", aws.TrustPolicy("audience"))
	}
	both := func(v iamsts.Version) bool {
		return aws.PolicyAdmits(v.Policy, clusterIssuer, editorOf("audience"), stsAudience) &&
			aws.PolicyAdmits(v.Policy, clusterIssuer, editorOf("audience"), "notebooks.example.com")
	}
	if slices.ContainsFunc(aws.History("audience"), both) {
		f.t.Error("the role admitted both audiences at once, although no spec ever named both")
	}
}
