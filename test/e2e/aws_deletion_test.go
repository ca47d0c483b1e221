package e2e

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestDeletionsOfProfilesWithAWSRoles(t *testing.T) {
	withAWS(t).sideBySide(
		journey{"deletion takes the permission back", deletionRevokes},
		journey{"deletion with a spec that has become unreadable", deletionWithABrokenSpec},
		journey{"deletion after the role is gone", deletionWithoutRole},
		journey{"deletion after the namespace is gone", deletionWithoutNamespace},
		journey{"deletion before anything was bound", deletionWhilePending},
		journey{"deletion of what IAM never let the controller see", deletionOfTheUnseen},
		journey{"deletion after a change to what IAM does not let the controller see", deletionAfterAWrongChange},
		journey{"a Profile comes back after its deletion and is bound anew", rebornProfile},
	)
}

func deletionRevokes(f *fixture) {
	original := handMadePolicy()
	arn := f.role("doomed", original)
	f.create(MakeProfile("doomed").AWS(arn, `"serviceAccounts":["default-editor","runner"]`).Obj())
	f.awaitIdentity("doomed", arn, arn)
	token, err := pg.Token(f.ctx, "doomed", editor, stsAudience)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.assumeWith(arn, token); err != nil {
		f.t.Fatal(err)
	}
	f.remove(profileNamed("doomed"))
	f.awaitGone(profileNamed("doomed"))
	if err := f.assumeWith(arn, token); err == nil {
		f.t.Error("a token from before the deletion still takes the role")
	}
	if policy := aws.TrustPolicy("doomed"); policy != original {
		f.t.Errorf("the trust policy is\n%s\nwant it as it was:\n%s", policy, original)
	}
	f.mustNotWarn("doomed")
}

func deletionWithABrokenSpec(f *fixture) {
	arn := f.role("broken", handMadePolicy())
	f.create(MakeProfile("broken").AWS(arn).Obj())
	f.awaitIdentity("broken", arn)
	f.plug("broken", `{"awsIamRole":7,"no":"sense"}`)
	f.awaitCondition("broken", profilev1.ConditionIdentityReady, profilev1.ReasonInvalidPluginSpec)
	f.mustAdmit("broken", editorOf("broken"))
	f.remove(profileNamed("broken"))
	f.awaitGone(profileNamed("broken"))
	f.mustNotAdmit("broken", editorOf("broken"))
	f.mustKeep("broken", handMade()...)
}

func deletionWithoutRole(f *fixture) {
	arn := f.role("vanished", handMadePolicy())
	f.create(MakeProfile("vanished").AWS(arn).Obj())
	f.awaitIdentity("vanished", arn)
	aws.RemoveRole("vanished")
	f.remove(profileNamed("vanished"))
	f.awaitGone(profileNamed("vanished"))
	f.mustNotWarn("vanished")
}

func deletionWithoutNamespace(f *fixture) {
	arn := f.role("roomless", handMadePolicy())
	f.create(MakeProfile("roomless").AWS(arn).Obj())
	f.awaitIdentity("roomless", arn)
	hold(f, "roomless")
	f.remove(namespaceNamed("roomless"))
	f.awaitTerminating("roomless")
	f.remove(profileNamed("roomless"))
	f.awaitGone(profileNamed("roomless"))
	f.mustNotAdmit("roomless", editorOf("roomless"))
	release(f, "roomless")
}

// deletionWhilePending has IAM fail to write, so that the Profile goes before it was ever bound.
func deletionWhilePending(f *fixture) {
	arn := f.role("early", handMadePolicy())
	f.spoil("early", writes(iamsts.ServerError()))
	f.create(MakeProfile("early").AWS(arn).Obj())
	f.awaitCondition("early", profilev1.ConditionIdentityReady, profilev1.ReasonRetrying)
	f.remove(profileNamed("early"))
	f.heal("early")
	f.awaitGone(profileNamed("early"))
	f.mustNotAdmit("early", editorOf("early"))
	if policy := aws.TrustPolicy("early"); policy != handMadePolicy() {
		f.t.Errorf("the trust policy is not as it was: %s", policy)
	}
}

// deletionOfTheUnseen is that of somebody who has not given the controller its rights yet, or has
// misspelled the role.
func deletionOfTheUnseen(f *fixture) {
	arn := f.role("unseen", handMadePolicy())
	f.spoil("unseen", always(iamsts.AccessDenied()))
	f.create(MakeProfile("unseen").AWS(arn).Obj())
	f.awaitCondition("unseen", profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
	p := f.profile("unseen")
	if len(p.Status.Identities) > 0 || len(p.Finalizers) > 0 {
		f.t.Errorf("it has the records %+v and the finalizers %q", p.Status.Identities, p.Finalizers)
	}
	f.remove(profileNamed("unseen"))
	f.awaitGone(profileNamed("unseen"), namespaceNamed("unseen"))
	mustEqual(f.t, "states of the trust policy", len(aws.History("unseen")), 1)
}

func deletionAfterAWrongChange(f *fixture) {
	right, wrong := f.role("right", handMadePolicy()), f.role("wrong", handMadePolicy())
	f.spoil("wrong", always(iamsts.AccessDenied()))
	f.create(MakeProfile("mistaken").AWS(wrong).Obj())
	f.awaitCondition("mistaken", profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
	f.plug("mistaken", awsSpec(right))
	f.awaitIdentity("mistaken", right)
	f.plug("mistaken", awsSpec(wrong))
	f.awaitCondition("mistaken", profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
	f.mustAssume(right, "mistaken", editor)
	f.remove(profileNamed("mistaken"))
	f.awaitGone(profileNamed("mistaken"), namespaceNamed("mistaken"))
	f.mustNotAdmit("right", editorOf("mistaken"))
	mustEqual(f.t, "states of the wrong role's trust policy", len(aws.History("wrong")), 1)
}

func rebornProfile(f *fixture) {
	arn := f.role("reborn", handMadePolicy())
	for range 2 {
		f.create(MakeProfile("reborn").AWS(arn).Obj())
		f.awaitIdentity("reborn", arn)
		f.mustAssume(arn, "reborn", editor)
		f.remove(profileNamed("reborn"))
		f.awaitGone(profileNamed("reborn"), namespaceNamed("reborn"))
		f.mustNotAdmit("reborn", editorOf("reborn"))
	}
}

// TestADeletionThatIAMRefuses has the controller lose its permission. The Profile stays and
// says why and what to do; both ways out that it tells of are tried.
func TestADeletionThatIAMRefuses(t *testing.T) {
	f := withAWS(t)
	allowed, freed := f.role("refusing-a", handMadePolicy()), f.role("refusing-b", handMadePolicy())
	f.create(MakeProfile("refused-a").AWS(allowed).Obj(), MakeProfile("refused-b").AWS(freed).Obj())
	f.awaitIdentity("refused-a", allowed)
	f.awaitIdentity("refused-b", freed)
	for _, role := range []string{"refusing-a", "refusing-b"} {
		f.spoil(role, always(iamsts.AccessDenied()))
	}
	for profile, arn := range map[string]string{"refused-a": allowed, "refused-b": freed} {
		f.remove(profileNamed(profile))
		c := f.awaitCondition(profile, profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
		f.mustSay(c.Message, "The Profile is being deleted and stays until its identities are taken back.",
			"The controller may not call iam:GetRole on "+arn, "iam:UpdateAssumeRolePolicy", "remove its finalizer profile-finalizer")
		f.mustSay(f.awaitEvent("Profile", profile, profilev1.ReasonPermissionMissing), arn)
		f.read(namespaceNamed(profile))
	}
	f.mustAdmit("refusing-a", editorOf("refused-a"))

	p := f.profile("refused-b")
	if err := pg.Client.Patch(f.ctx, p, client.RawPatch(mergePatch, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
		t.Fatal(err)
	}
	f.awaitGone(profileNamed("refused-b"), namespaceNamed("refused-b"))

	f.heal("refusing-a")
	f.restart()
	f.awaitGone(profileNamed("refused-a"))
	f.mustNotAdmit("refusing-a", editorOf("refused-a"))
	f.mustKeep("refusing-a", handMade()...)
}
