package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestAttacksThroughTheStatus has somebody who may write the status of a Profile, and not
// its spec, try to have roles opened or closed.
func TestAttacksThroughTheStatus(t *testing.T) {
	withAWS(t).sideBySide(
		journey{"entries for a role that no spec named", forgedEntries},
		journey{"entries with settings that mean nothing", forgedSettings},
		journey{"a phase that is not so", forgedPhase},
		journey{"annotations that are not so", forgedAnnotations},
		journey{"an entry of another Profile", copiedEntry},
		journey{"an entry of an earlier Profile of the same name", replayedEntry},
		journey{"no entries any more", wipedStatus},
	)
}

// entry is a record as the controller would write it, but for the seal.
func entry(arn string) profilev1.IdentityBinding {
	settings := fmt.Sprintf(`{"audience":%q,"issuer":%q}`, stsAudience, clusterIssuer)
	return profilev1.IdentityBinding{Plugin: awsKind, ServiceAccount: editor, Identity: arn, Phase: profilev1.IdentityPending,
		Annotations: toRoleAnnotation(arn), Settings: &runtime.RawExtension{Raw: []byte(settings)}, Seal: "dGhpcyBpcyBub3QgYSBzZWFsIGJ1dCBsb29rcyBsaWtlIGl0"}
}

func toRoleAnnotation(arn string) map[string]string { return map[string]string{roleAnnotation: arn} }

// forge replaces the records of a Profile.
func (f *fixture) forge(profile string, records ...profilev1.IdentityBinding) {
	f.t.Helper()
	text, err := json.Marshal(map[string]any{"status": map[string]any{"identities": records}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.patchStatus(profile, string(text))
}

// statementFor is a statement of a role by which somebody else let an account in.
func statementFor(subject string) string {
	return webIdentityStatement(fmt.Sprintf(`,"%s:sub":%q`, issuerKey(), subject))
}

func forgedEntries(f *fixture) {
	policy := handMadePolicy(statementFor(editorOf("forger")))
	crown := f.role("crown", policy)
	f.create(MakeProfile("forger").Obj())
	f.awaitReady("forger")
	bound := entry(crown)
	bound.Phase = profilev1.IdentityBound
	neighbors := entry(crown)
	neighbors.ServiceAccount = "victim:default-editor"
	f.forge("forger", entry(crown))
	f.awaitEvent("Profile", "forger", profilev1.ReasonUntrustedRecord)
	f.forge("forger", entry(crown), bound, neighbors, profilev1.IdentityBinding{Plugin: awsKind}, profilev1.IdentityBinding{Plugin: "NoSuchPlugin", Identity: "x"})
	c := f.awaitCondition("forger", profilev1.ConditionIdentityReady, profilev1.ReasonUntrustedRecord)
	f.mustSay(c.Message, crown, "did not write", "kubectl edit --subresource=status")
	f.mustBeAnnotated("forger", editor, nil)
	f.remove(profileNamed("forger"))
	f.awaitGone(profileNamed("forger"))
	f.outwait("forged-later")
	mustEqual(f.t, "requests", aws.RequestsFor("crown"), nil)
	mustEqual(f.t, "states of the trust policy", len(aws.History("crown")), 1)
}

// forgedSettings leaves the Profile's own role bound whatever else the status says.
func forgedSettings(f *fixture) {
	own, other := f.role("sensible", handMadePolicy()), f.role("senseless", handMadePolicy(statementFor(editorOf("sensible"))))
	f.create(MakeProfile("sensible").AWS(own).Obj())
	f.awaitIdentity("sensible", own)
	genuine := f.profile("sensible").Status.Identities[0]
	records := []profilev1.IdentityBinding{genuine}
	for _, settings := range []string{`{}`, `{"issuer":7}`, `{"annotateOnly":true}`, `{"audience":"*","issuer":"https://evil.example.com"}`, `{"audience":"a","issuer":"http://` + issuerKey() + `"}`} {
		for _, arn := range []string{own, other, "arn:aws:iam::123456789012:root", "", "{}"} {
			e := entry(arn)
			e.Settings.Raw = []byte(settings)
			records = append(records, e)
		}
	}
	f.forge("sensible", records...)
	f.awaitCondition("sensible", profilev1.ConditionIdentityReady, profilev1.ReasonUntrustedRecord)
	f.mustAssume(own, "sensible", editor)
	f.mustBeAnnotated("sensible", editor, toRole(own))
	f.remove(profileNamed("sensible"))
	f.awaitGone(profileNamed("sensible"))
	f.mustNotAdmit("sensible", editorOf("sensible"))
	mustEqual(f.t, "requests", aws.RequestsFor("senseless"), nil)
}

// forgedPhase has a Profile whose role IAM does not let the controller open say that it is
// open. Nothing may be annotated that does not hold.
func forgedPhase(f *fixture) {
	arn := f.role("unopened", handMadePolicy())
	f.spoil("unopened", writes(iamsts.AccessDenied()))
	f.create(MakeProfile("phased").AWS(arn).Obj())
	f.awaitCondition("phased", profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
	record := f.profile("phased").Status.Identities[0]
	record.Phase = profilev1.IdentityBound
	f.forge("phased", record)
	f.eventually("the phase is corrected", func() error {
		p := f.profile("phased")
		if c := condition(p, profilev1.ConditionIdentityReady); p.Status.Identities[0].Phase != profilev1.IdentityPending || c.Reason != profilev1.ReasonPermissionMissing {
			return fmt.Errorf("the status is %+v", p.Status)
		}
		return nil
	})
	f.mustBeAnnotated("phased", editor, nil)
	mustEqual(f.t, "states of the trust policy", len(aws.History("unopened")), 1)
	f.heal("unopened")
}

func forgedAnnotations(f *fixture) {
	arn := f.role("plain-tenant", handMadePolicy())
	f.create(MakeProfile("plain-tenant").AWS(arn).Obj())
	f.awaitIdentity("plain-tenant", arn)
	record := f.profile("plain-tenant").Status.Identities[0]
	record.Annotations = map[string]string{roleAnnotation: "arn:aws:iam::123456789012:role/admin", "example.com/owned": "true"}
	f.forge("plain-tenant", record)
	f.eventually("the record says again what is bound", func() error {
		if said := f.profile("plain-tenant").Status.Identities[0].Annotations; !maps.Equal(said, toRoleAnnotation(arn)) {
			return fmt.Errorf("it says %v", said)
		}
		return nil
	})
	f.awaitBound("plain-tenant", arn)
	f.mustBeAnnotated("plain-tenant", editor, toRole(arn))
	mustEqual(f.t, "annotations", live(f, accountNamed("plain-tenant", editor)).Annotations, toRoleAnnotation(arn))
}

// copiedEntry has a real seal, made for another Profile. The role admits the copier for a
// reason of its owner's, which the copier's deletion must not take away.
func copiedEntry(f *fixture) {
	arn := f.role("original", handMadePolicy(statementFor(editorOf("copier"))))
	f.create(MakeProfile("original").AWS(arn).Obj(), MakeProfile("copier").Obj())
	f.awaitIdentity("original", arn)
	f.awaitReady("copier")
	before := requestsFor("original")
	f.forge("copier", f.profile("original").Status.Identities...)
	f.awaitCondition("copier", profilev1.ConditionIdentityReady, profilev1.ReasonUntrustedRecord)
	f.mustBeAnnotated("copier", editor, nil)
	f.remove(profileNamed("copier"))
	f.awaitGone(profileNamed("copier"))
	f.mustNotAskFor(before)
	f.mustAdmit("original", editorOf("original"), editorOf("copier"))
}

func replayedEntry(f *fixture) {
	arn := f.role("replayed", handMadePolicy())
	f.create(MakeProfile("replayed").AWS(arn).Obj())
	f.awaitIdentity("replayed", arn)
	old := f.profile("replayed").Status.Identities
	f.remove(profileNamed("replayed"))
	f.awaitGone(profileNamed("replayed"), namespaceNamed("replayed"))
	f.create(MakeProfile("replayed").Obj())
	f.awaitReady("replayed")
	before := requestsFor("replayed")
	f.forge("replayed", old...)
	f.awaitCondition("replayed", profilev1.ConditionIdentityReady, profilev1.ReasonUntrustedRecord)
	f.mustBeAnnotated("replayed", editor, nil)
	f.mustNotAskFor(before)
	f.mustNotAdmit("replayed", editorOf("replayed"))
}

// wipedStatus has the records deleted while the controller works. They come back from
// the spec, the role never closes meanwhile, and the deletion still takes it back.
func wipedStatus(f *fixture) {
	arn := f.role("wiped", handMadePolicy())
	f.create(MakeProfile("wiped").AWS(arn).Obj())
	f.awaitIdentity("wiped", arn)
	states := len(aws.History("wiped"))
	for _, patch := range []string{`{"status":null}`, `{"status":{"identities":null}}`, `{"status":{"identities":[]}}`} {
		f.patchStatus("wiped", patch)
		f.awaitBound("wiped", arn)
		f.mustBeAnnotated("wiped", editor, toRole(arn))
	}
	mustEqual(f.t, "states of the trust policy", len(aws.History("wiped")), states)
	f.remove(profileNamed("wiped"))
	f.awaitGone(profileNamed("wiped"))
	f.mustNotAdmit("wiped", editorOf("wiped"))
}

// TestAttackByAProfileForAForeignNamespace has somebody who may create Profiles name a role
// in one whose namespace is not theirs.
func TestAttackByAProfileForAForeignNamespace(t *testing.T) {
	f := withAWS(t)
	arn := f.role("coveted", guidePolicy())
	names := []string{"their-namespace", "their-colleagues"}
	f.create(MakeNamespace("their-namespace", ""), MakeNamespace("their-colleagues", "colleague@example.com"))
	for _, name := range names {
		f.create(MakeProfile(name).Owner("creator@example.com").AWS(arn, `"serviceAccounts":["default-editor","default"]`).Obj())
		f.awaitCondition(name, profilev1.ConditionIdentityReady, profilev1.ReasonNamespaceNotReady)
	}
	f.settle()
	f.outwait("coveted-later")
	mustEqual(t, "requests", aws.RequestsFor("coveted"), nil)
	for _, name := range names {
		mustEqual(t, "records of "+name, f.profile(name).Status.Identities, nil)
		f.mustBeAbsent(accountNamed(name, editor))
		f.remove(profileNamed(name))
		f.awaitGone(profileNamed(name))
	}
	mustEqual(t, "requests", aws.RequestsFor("coveted"), nil)
}

// TestAttackByAnnotatingAccounts has tenants point accounts to roles by hand, with all the
// rights that an annotation needs. IAM decides, and not the annotation.
func TestAttackByAnnotatingAccounts(t *testing.T) {
	f := withAWS(t)
	prize, own := f.role("prize", handMadePolicy(statementFor(editorOf("somebody-else")))), f.role("consolation", handMadePolicy())
	f.create(MakeProfile("greedy").Obj(), MakeProfile("content").AWS(own).Obj())
	f.awaitReady("greedy")
	f.awaitIdentity("content", own)
	for _, account := range []*corev1.ServiceAccount{accountNamed("greedy", editor), accountNamed("greedy", viewer), accountNamed("greedy", "default"), accountNamed("content", editor)} {
		change(f, account, func(a *corev1.ServiceAccount) { a.Annotations = with(a.Annotations, roleAnnotation, prize) })
		f.mustNotAssume(prize, account.Namespace, account.Name)
	}
	f.awaitAnnotated("content", toRole(own))
	for _, name := range []string{"greedy", "content"} {
		owner, edits := f.as(name+"@example.com"), f.asAccount(name, editor)
		patch := fmt.Sprintf(`{"spec":{"plugins":[{"kind":%q,"spec":{"awsIamRole":%q}}]}}`, awsKind, prize)
		f.mustBeDenied("the owner who names the role in the Profile", f.merging(owner, profileNamed(name), patch))
		f.mustBeDenied("the editor who names the role in the Profile", f.merging(edits, profileNamed(name), patch))
	}
	mustEqual(t, "states of the trust policy", len(aws.History("prize")), 1)
}

// TestAttackWithTheTokenOfANeighbor tries every account of two Profiles on the role of each.
func TestAttackWithTheTokenOfANeighbor(t *testing.T) {
	f := withAWS(t)
	roles := map[string]string{"left-side": f.role("left-side", guidePolicy()), "right-side": f.role("right-side", guidePolicy())}
	for name, arn := range roles {
		f.create(MakeProfile(name).AWS(arn).Obj())
	}
	for name, arn := range roles {
		f.awaitIdentity(name, arn)
	}
	for name, arn := range roles {
		for tenant := range roles {
			for _, account := range []string{editor, viewer, "default"} {
				if tenant == name && account == editor {
					f.mustAssume(arn, tenant, account)
				} else {
					f.mustNotAssume(arn, tenant, account)
				}
			}
		}
		f.mustNotAssume(arn, playground.SystemNamespace, playground.ControllerAccount)
		admitsAny := func(v iamsts.Version) bool {
			return v.By != "" && aws.PolicyAdmits(v.Policy, clusterIssuer, editorOf("stranger"), stsAudience)
		}
		if slices.ContainsFunc(aws.History(name), admitsAny) {
			t.Errorf("%s was open to a stranger after the controller wrote it", name)
		}
	}
}

// TestAttackOnTheSealKey has tenants try to read or replace what the records are sealed
// with.
func TestAttackOnTheSealKey(t *testing.T) {
	f := withAWS(t)
	arn := f.role("sealed", handMadePolicy())
	f.create(MakeProfile("sealed").AWS(arn).Obj())
	f.awaitIdentity("sealed", arn)
	key := &corev1.Secret{ObjectMeta: meta(playground.SystemNamespace, "profiles-identity-seal")}
	f.read(key)
	if len(key.Data["key"]) != 32 || key.Immutable == nil || !*key.Immutable {
		t.Errorf("the key has %d bytes, immutable %v; want 32 that cannot be changed", len(key.Data["key"]), key.Immutable)
	}
	owner, edits := f.as("sealed@example.com"), f.asAccount("sealed", editor)
	f.awaitAllowed("the owner who reads secrets at home", f.reading(owner, "sealed"))
	for who, c := range map[string]client.Client{"the owner": owner, "the editor account": edits, "the viewer account": f.asAccount("sealed", viewer)} {
		f.mustBeDenied(who+" who reads the key", func() error { return c.Get(f.ctx, client.ObjectKeyFromObject(key), key.DeepCopy()) })
		f.mustBeDenied(who+" who lists the secrets beside it", f.reading(c, playground.SystemNamespace))
		f.mustBeDenied(who+" who deletes the key", f.deleting(c, key.DeepCopy()))
		f.mustBeDenied(who+" who makes another", f.creating(c, MakeSecret(playground.SystemNamespace, "profiles-identity-seal")))
	}
	f.mustBe("sealed", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonApplied)
}
