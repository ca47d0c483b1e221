package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestJourneysOfProfilesWithAWSRoles(t *testing.T) {
	withAWS(t).sideBySide(
		journey{"the Profile of the guides", profileOfTheGuides},
		journey{"another role is granted before the first is taken back", roleChange},
		journey{"a removed plugin leaves the role as it was", pluginRemoved},
		journey{"annotateOnly never asks IAM", annotateOnly},
		journey{"annotateOnly can be set and lifted", annotateOnlyToggled},
		journey{"two Profiles on a hand-made role", sharedHandMadeRole},
		journey{"a role of another account is refused and its namesake left alone", roleInAnotherAccount},
		journey{"a role that does not exist", roleThatIsNotThere},
		journey{"a hand-edited annotation comes back without IAM", annotationDrift},
		journey{"a namespace that was deleted comes back annotated", namespaceComesBackAnnotated},
		journey{"IAM throttles for a while", throttledForAWhile},
	)
}

// profileOfTheGuides is written as the documents of the existing controller write it, on a
// role that they create: open to the whole cluster until the first Profile.
func profileOfTheGuides(f *fixture) {
	arn := f.role("guide-user-cluster-role", guidePolicy())
	f.mustAdmit("guide-user-cluster-role", editorOf("anybody"))
	f.store(profileFrom(f, fmt.Sprintf(`
metadata:
  name: guide-user
spec:
  owner:
    kind: User
    name: user@example.com
  plugins:
  - kind: AwsIamForServiceAccount
    spec:
      awsIamRole: %s
      annotateOnly: false
`, arn)))
	f.create(MakeProfile("guide-neighbor").Obj())
	f.awaitIdentity("guide-user", arn)
	f.awaitReady("guide-neighbor")
	f.mustBe("guide-user", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.mustSay(condition(f.profile("guide-user"), profilev1.ConditionIdentityReady).Message, "bound")
	f.mustBeAnnotated("guide-user", editor, toRole(arn))
	f.mustBeAnnotated("guide-user", viewer, nil)
	if at := f.profile("guide-user").Status.Identities[0].LastVerifiedTime; at == nil || at.After(time.Now()) || at.Before(&f.profile("guide-user").CreationTimestamp) {
		f.t.Errorf("the identity was last verified at %v", at)
	}
	f.mustAssume(arn, "guide-user", editor)
	f.mustNotAssume(arn, "guide-user", viewer)
	f.mustNotAssume(arn, "guide-neighbor", editor)
	f.mustNotAdmit("guide-user-cluster-role", editorOf("anybody"))
	mustEqual(f.t, "times that the trust policy was written", len(aws.History("guide-user-cluster-role"))-1, 1)
	f.mustNotWarn("guide-user")

	f.remove(profileNamed("guide-user"))
	f.awaitGone(profileNamed("guide-user"))
	f.mustNotAdmit("guide-user-cluster-role", editorOf("guide-user"), editorOf("anybody"))
	f.mustNotWarn("guide-user")
}

func roleChange(f *fixture) {
	from, to := f.role("change-a", handMadePolicy()), f.role("change-b", handMadePolicy())
	f.create(MakeProfile("change").AWS(from).Obj())
	f.awaitIdentity("change", from)
	f.mustAssume(from, "change", editor)
	f.plug("change", awsSpec(to))
	f.awaitBound("change", to)
	f.mustBeAnnotated("change", editor, toRole(to))
	f.mustAssume(to, "change", editor)
	f.mustNotAssume(from, "change", editor)
	granted := lastTurn(f, "change-b", editorOf("change"), true)
	revoked := lastTurn(f, "change-a", editorOf("change"), false)
	if !granted.Before(revoked) {
		f.t.Errorf("the new role was granted at %s, not before the old one was taken back at %s", granted, revoked)
	}
	mustEqual(f.t, "times that the first was written", len(aws.History("change-a"))-1, 2)
	mustEqual(f.t, "times that the second was written", len(aws.History("change-b"))-1, 1)
	f.mustNotWarn("change")
}

// lastTurn is when a role last began to let a subject in, or ceased to.
func lastTurn(f *fixture, role, subject string, in bool) (at time.Time) {
	f.t.Helper()
	was := !in
	for i, v := range aws.History(role) {
		is := aws.PolicyAdmits(v.Policy, clusterIssuer, subject, stsAudience)
		if i > 0 && is == in && was != in {
			at = v.At
		}
		was = is
	}
	if at.IsZero() {
		f.t.Fatalf("%s never turned to %v for %s", role, in, subject)
	}
	return at
}

func pluginRemoved(f *fixture) {
	original := handMadePolicy()
	arn := f.role("removed", original)
	f.create(MakeProfile("removed").AWS(arn).Obj())
	f.awaitIdentity("removed", arn)
	f.plug("removed")
	f.awaitIdentity("removed")
	f.mustBe("removed", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonNoPlugins)
	f.mustBeAnnotated("removed", editor, nil)
	f.mustNotAssume(arn, "removed", editor)
	if policy := aws.TrustPolicy("removed"); policy != original {
		f.t.Errorf("the trust policy is\n%s\nwant it as it was:\n%s", policy, original)
	}
	f.mustNotWarn("removed")
}

// annotateOnly has the spelling of the documents and the one that is found in the wild.
// The role of the second does not even exist.
func annotateOnly(f *fixture) {
	arn, missing := f.role("only", guidePolicy()), "arn:aws:iam::210987654321:role/somewhere/only-elsewhere"
	f.create(MakeProfile("only-a").AWS(arn, `"annotateOnly":true`).Obj(), MakeProfile("only-b").AWS(missing, `"AnnotateOnly":true`).Obj())
	f.awaitIdentity("only-a", arn)
	f.awaitIdentity("only-b", missing)
	f.mustBeAnnotated("only-a", editor, toRole(arn))
	f.mustBeAnnotated("only-b", editor, toRole(missing))
	f.remove(profileNamed("only-a"))
	f.plug("only-b")
	f.awaitGone(profileNamed("only-a"))
	f.awaitIdentity("only-b")
	f.mustBeAnnotated("only-b", editor, nil)
	f.outwait("only-later")
	mustEqual(f.t, "requests", aws.RequestsFor("only"), nil)
	mustEqual(f.t, "requests", aws.RequestsFor("only-elsewhere"), nil)
}

func annotateOnlyToggled(f *fixture) {
	arn := f.role("toggle", handMadePolicy())
	f.create(MakeProfile("toggle").AWS(arn).Obj())
	f.awaitIdentity("toggle", arn)
	f.mustAdmit("toggle", editorOf("toggle"))
	f.plug("toggle", awsSpec(arn, `"annotateOnly":true`))
	f.awaitBound("toggle", arn)
	f.mustNotAdmit("toggle", editorOf("toggle"))
	f.mustBeAnnotated("toggle", editor, toRole(arn))
	f.plug("toggle", awsSpec(arn))
	f.awaitBound("toggle", arn)
	f.mustAdmit("toggle", editorOf("toggle"))
	f.mustBeAnnotated("toggle", editor, toRole(arn))
	f.mustNotWarn("toggle")
}

// sharedHandMadeRole has the statements of others, and one of ours that they wrote and
// named somebody in.
func sharedHandMadeRole(f *fixture) {
	byHand := subjectOf("by-hand", "builder")
	theirs := webIdentityStatement(fmt.Sprintf(`, "%s:sub": [%q]`, issuerKey(), byHand))
	arn := f.role("shared-role", handMadePolicy(theirs))
	f.create(MakeProfile("sharer-a").AWS(arn).Obj(), MakeProfile("sharer-b").AWS(arn).Obj())
	f.awaitIdentity("sharer-a", arn)
	f.awaitIdentity("sharer-b", arn)
	f.mustAdmit("shared-role", byHand, editorOf("sharer-a"), editorOf("sharer-b"))
	f.mustKeep("shared-role", handMade()...)

	f.remove(profileNamed("sharer-a"))
	f.awaitGone(profileNamed("sharer-a"))
	f.mustAdmit("shared-role", byHand, editorOf("sharer-b"))
	f.mustNotAdmit("shared-role", editorOf("sharer-a"))
	f.remove(profileNamed("sharer-b"))
	f.awaitGone(profileNamed("sharer-b"))
	f.mustAdmit("shared-role", byHand)
	f.mustNotAdmit("shared-role", editorOf("sharer-a"), editorOf("sharer-b"))
	f.mustKeep("shared-role", append(handMade(), theirs)...)
}

func roleInAnotherAccount(f *fixture) {
	f.role("namesake", handMadePolicy())
	f.role("pathless", handMadePolicy())
	foreign, elsewhere := "arn:aws:iam::999999999999:role/namesake", "arn:aws:iam::123456789012:role/some/path/pathless"
	f.create(MakeProfile("abroad").AWS(foreign).Obj(), MakeProfile("astray").AWS(elsewhere).Obj())
	for profile, role := range map[string]string{"abroad": "namesake", "astray": "pathless"} {
		c := f.awaitCondition(profile, profilev1.ConditionIdentityReady, profilev1.ReasonRoleInAnotherAccount)
		f.mustSay(c.Message, role, "Correct awsIamRole", "annotateOnly: true")
		f.mustBeAnnotated(profile, editor, nil)
		mustEqual(f.t, "states of "+role, len(aws.History(role)), 1)
		mustEqual(f.t, "writes of "+role, aws.RequestsFor(role)["UpdateAssumeRolePolicy"], 0)
		f.awaitEvent("Profile", profile, profilev1.ReasonRoleInAnotherAccount)
	}
	f.plug("abroad", awsSpec(foreign, `"annotateOnly":true`))
	f.awaitIdentity("abroad", foreign)
	f.mustBeAnnotated("abroad", editor, toRole(foreign))
	f.remove(profileNamed("astray"))
	f.awaitGone(profileNamed("astray"))
}

func roleThatIsNotThere(f *fixture) {
	f.create(MakeProfile("unborn").AWS("arn:aws:iam::123456789012:role/unborn").Obj())
	c := f.awaitCondition("unborn", profilev1.ConditionReady, profilev1.ReasonIdentityNotFound)
	f.mustSay(c.Message, "AWS has no role arn:aws:iam::123456789012:role/unborn", "Create it, or correct awsIamRole")
	for _, of := range []profilev1.ConditionType{profilev1.ConditionNamespaceReady, profilev1.ConditionAccessReady} {
		f.mustBe("unborn", of, metav1.ConditionTrue, profilev1.ReasonApplied)
	}
	f.mustBeAnnotated("unborn", editor, nil)
	arn := f.role("born", handMadePolicy())
	f.plug("unborn", awsSpec(arn))
	f.awaitIdentity("unborn", arn)
}

// annotationDrift changes and removes the annotation, and the account with it.
func annotationDrift(f *fixture) {
	arn := f.role("drifting", handMadePolicy())
	f.create(MakeProfile("drifting").AWS(arn).Obj())
	f.awaitIdentity("drifting", arn)
	before := requestsFor("drifting")
	for _, do := range []func(){
		func() {
			change(f, accountNamed("drifting", editor), func(a *corev1.ServiceAccount) { a.Annotations[roleAnnotation] = "arn:aws:iam::123456789012:role/admin" })
		},
		func() {
			change(f, accountNamed("drifting", editor), func(a *corev1.ServiceAccount) { a.Annotations = nil })
		},
		func() { f.remove(accountNamed("drifting", editor)) },
	} {
		do()
		f.eventually("the annotation is back", func() error {
			account := accountNamed("drifting", editor)
			if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(account), account); err != nil {
				return err
			}
			if account.Annotations[roleAnnotation] != arn {
				return fmt.Errorf("the annotations are %v", account.Annotations)
			}
			return nil
		})
	}
	f.awaitReady("drifting")
	f.mustNotAskFor(before)
	f.awaitEvent("Profile", "drifting", "Repaired")
	f.mustNotWarn("drifting")
}

func namespaceComesBackAnnotated(f *fixture) {
	arn := f.role("revenant", handMadePolicy())
	f.create(MakeProfile("revenant").AWS(arn).Obj())
	f.awaitIdentity("revenant", arn)
	before := requestsFor("revenant")
	first := live(f, namespaceNamed("revenant")).UID
	f.remove(namespaceNamed("revenant"))
	f.eventually("the namespace is a new one", func() error {
		n := namespaceNamed("revenant")
		if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(n), n); err != nil || n.UID == first {
			return errors.Join(err, fmt.Errorf("its UID is %s", n.UID))
		}
		return nil
	})
	f.awaitIdentity("revenant", arn)
	f.awaitAnnotated("revenant", toRole(arn))
	f.mustAssume(arn, "revenant", editor)
	f.mustNotAskFor(before)
}

func throttledForAWhile(f *fixture) {
	arn := f.role("busy", handMadePolicy())
	f.spoil("busy", always(iamsts.Throttle()))
	f.create(MakeProfile("busy").AWS(arn).Obj())
	f.eventually("the condition tells of throttling", func() error {
		c := condition(f.profile("busy"), profilev1.ConditionIdentityReady)
		if c.Reason != profilev1.ReasonBinding || !strings.Contains(c.Message, "called less often") {
			return fmt.Errorf("it is %+v", c)
		}
		return nil
	})
	f.mustBeAnnotated("busy", editor, nil)
	f.heal("busy")
	f.awaitIdentity("busy", arn)
	f.mustNotWarn("busy")
	mustEqual(f.t, "times that the trust policy was written", len(aws.History("busy"))-1, 1)
}
