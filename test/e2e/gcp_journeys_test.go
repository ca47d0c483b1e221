package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

func TestJourneysOfProfilesWithGoogleServiceAccounts(t *testing.T) {
	f := withGoogle(t)
	f.sideBySide(
		f.journey("the Profile of the guides", googleGuide),
		f.journey("a removed plugin leaves the policy as it was", googleRemoved),
		f.journey("another account is granted before the first is taken back", googleAccountChange),
		f.journey("two Profiles on one account, and others beside them", googleShared),
		f.journey("annotateOnly never asks IAM, and can be set and lifted", googleAnnotateOnly),
		f.journey("the pool of a fleet", googleFleet),
		f.journey("several accounts of one Profile", googleSeveral),
		f.journey("an account that does not exist", googleMissing),
		f.journey("a pool that does not exist holds up nobody else", googleMissingPool),
		f.journey("a hand-edited annotation comes back without IAM", googleAnnotationDrift),
		f.journey("deletion after the account is gone", googleGone),
		f.journey("deletion with a spec that has become unreadable", googleBrokenSpec),
	)
}

// googleGuide is written as the documents of the existing controller write it.
func googleGuide(f *googleFixture) {
	email := f.account("guide", `{}`)
	f.store(profileFrom(f.fixture, fmt.Sprintf(`
metadata:
  name: google-guide
spec:
  owner:
    kind: User
    name: user@example.com
  plugins:
  - kind: WorkloadIdentity
    spec:
      gcpServiceAccount: %s
`, email)))
	f.create(MakeProfile("google-neighbor").Obj())
	f.awaitIdentity("google-guide", email)
	f.awaitReady("google-neighbor")
	f.mustBe("google-guide", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	f.mustPoint("google-guide", editor, email)
	f.mustPoint("google-guide", viewer, "")
	f.mustUse(email, "google-guide", editor)
	f.mustNotUse(email, "google-guide", viewer)
	f.mustNotUse(email, "google-neighbor", editor)
	mustEqual(f.t, "policy", f.google.Policy(email), `{"bindings":[{"role":"roles/iam.workloadIdentityUser","members":["serviceAccount:kubeflow-prod.svc.id.goog[google-guide/default-editor]"]}]}`)
	mustEqual(f.t, "requests", f.google.RequestsFor(email), map[string]int{"getIamPolicy": 2, "setIamPolicy": 1}) // One look before the record, and the edit.
	f.mustNotWarn("google-guide")
	f.leave("google-guide")
	f.mustBeAsBefore(email)
}

func googleRemoved(f *googleFixture) {
	email := f.account("removed", sharedPolicy)
	f.create(MakeProfile("google-removed").Google(email).Obj())
	f.awaitIdentity("google-removed", email)
	f.mustUse(email, "google-removed", editor)
	f.give("google-removed")
	f.awaitIdentity("google-removed")
	f.mustBe("google-removed", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonNoPlugins)
	f.mustPoint("google-removed", editor, "")
	f.mustBeAsBefore(email)
}

func googleAccountChange(f *googleFixture) {
	from, to := f.account("from", sharedPolicy), f.account("to", sharedPolicy)
	f.create(MakeProfile("google-change").Google(from).Obj())
	f.awaitIdentity("google-change", from)
	f.give("google-change", googleSpec(to))
	f.awaitBound("google-change", to)
	f.mustPoint("google-change", editor, to)
	f.mustUse(to, "google-change", editor)
	f.mustBeAsBefore(from)
	taken := f.google.History(from)
	if granted, back := f.since(to, "google-change", true), taken[len(taken)-1].At; !granted.Before(back) {
		f.t.Errorf("the new account was granted at %s, not before the old one was taken back at %s", granted, back)
	}
	f.leave("google-change")
}

func googleShared(f *googleFixture) {
	email := f.account("shared", sharedPolicy)
	f.create(MakeProfile("sharer-a").Google(email).Obj(), MakeProfile("sharer-b").Google(email).Obj())
	f.awaitIdentity("sharer-a", email)
	f.awaitIdentity("sharer-b", email)
	f.mustUse(email, "sharer-a", editor)
	f.mustUse(email, "sharer-b", editor)
	f.leave("sharer-a")
	f.mustNotUse(email, "sharer-a", editor)
	f.mustUse(email, "sharer-b", editor)
	if !gcpiam.Admits(f.google.Policy(email), "elsewhere", "sharer-a", editor) {
		f.t.Error("the account of the same name in another cluster is shut out")
	}
	f.leave("sharer-b")
	f.mustBeAsBefore(email)
}

// googleAnnotateOnly has the spelling of the documents and the one that is found in the
// wild. The account of the second does not even exist.
func googleAnnotateOnly(f *googleFixture) {
	email, missing := f.account("only", sharedPolicy), "only@far-away.iam.gserviceaccount.com"
	f.create(MakeProfile("google-only-a").Google(email, `"annotateOnly":true`).Obj(), MakeProfile("google-only-b").Google(missing, `"AnnotateOnly":true`).Obj())
	f.awaitIdentity("google-only-a", email)
	f.awaitIdentity("google-only-b", missing)
	f.mustPoint("google-only-a", editor, email)
	f.mustPoint("google-only-b", editor, missing)
	f.leave("google-only-b")
	mustEqual(f.t, "requests", f.google.RequestsFor(missing), map[string]int{})
	mustEqual(f.t, "requests", f.google.RequestsFor(email), map[string]int{})

	f.give("google-only-a", googleSpec(email))
	f.awaitBound("google-only-a", email)
	f.mustUse(email, "google-only-a", editor)
	f.give("google-only-a", googleSpec(email, `"annotateOnly":true`))
	f.awaitBound("google-only-a", email)
	f.mustBeAsBefore(email)
	f.mustPoint("google-only-a", editor, email)
	f.leave("google-only-a")
}

// googleFleet has the cluster belong to the pool of a fleet, which a Profile comes to say
// only later. What was granted in the first pool is taken back.
func googleFleet(f *googleFixture) {
	f.google.AddPool("fleet-host")
	email := f.account("fleet", sharedPolicy)
	f.create(MakeProfile("google-fleet").Google(email).Obj())
	f.awaitIdentity("google-fleet", email)
	f.mustUse(email, "google-fleet", editor)
	f.give("google-fleet", googleSpec(email, `"identityNamespace":"fleet-host.svc.id.goog"`))
	f.awaitBound("google-fleet", email)
	f.mustNotUse(email, "google-fleet", editor)
	if !gcpiam.Admits(f.google.Policy(email), "fleet-host", "google-fleet", editor) {
		f.t.Errorf("the fleet's account is not admitted: %s", f.google.Policy(email))
	}
	f.leave("google-fleet")
	f.mustBeAsBefore(email)
}

func googleSeveral(f *googleFixture) {
	data, models := f.account("data", `{}`), f.account("models", `{}`)
	f.create(MakeProfile("google-several").Google(data, `"serviceAccounts":["default-editor","runner"]`).Google(models, `"serviceAccounts":["trainer"]`).Obj())
	f.awaitIdentity("google-several", data, data, models)
	f.mustPoint("google-several", "runner", data)
	f.mustPoint("google-several", "trainer", models)
	f.mustUse(data, "google-several", "runner")
	f.mustUse(models, "google-several", "trainer")
	f.mustNotUse(models, "google-several", editor)
	f.give("google-several", googleSpec(data), googleSpec(models))
	f.mustSay(f.awaitCondition("google-several", profilev1.ConditionIdentityReady, profilev1.ReasonPluginConflict).Message, editor)
	f.leave("google-several")
	f.mustBeAsBefore(data)
	f.mustBeAsBefore(models)
}

func googleMissing(f *googleFixture) {
	f.create(MakeProfile("google-unborn").Google("unborn@research.iam.gserviceaccount.com").Obj())
	c := f.awaitCondition("google-unborn", profilev1.ConditionReady, profilev1.ReasonIdentityNotFound)
	f.mustSay(c.Message, "Google has no service account unborn@research.iam.gserviceaccount.com", "Create it, or correct gcpServiceAccount")
	f.mustPoint("google-unborn", editor, "")
	email := f.account("born", sharedPolicy)
	f.give("google-unborn", googleSpec(email))
	f.awaitBound("google-unborn", email)
	f.leave("google-unborn")
	f.mustBeAsBefore(email)
}

func googleMissingPool(f *googleFixture) {
	email := f.account("poolless", sharedPolicy)
	f.create(MakeProfile("google-poolless").Google(email, `"identityNamespace":"no-such-project"`).Obj(), MakeProfile("google-pooled").Google(email).Obj())
	f.mustSay(f.awaitCondition("google-poolless", profilev1.ConditionIdentityReady, profilev1.ReasonIdentityNotFound).Message, "no-such-project.svc.id.goog", "identityNamespace")
	f.awaitIdentity("google-pooled", email)
	f.mustUse(email, "google-pooled", editor)
	f.leave("google-poolless", "google-pooled")
	f.mustBeAsBefore(email)
}

func googleAnnotationDrift(f *googleFixture) {
	email := f.account("drifting", sharedPolicy)
	f.create(MakeProfile("google-drifting").Google(email).Obj())
	f.awaitIdentity("google-drifting", email)
	before := f.google.RequestsFor(email)
	change(f.fixture, accountNamed("google-drifting", editor), func(a *corev1.ServiceAccount) {
		a.Annotations[googleAnnotation] = "admin@research.iam.gserviceaccount.com"
	})
	f.eventually("the annotation is back", func() error {
		if found := live(f.fixture, accountNamed("google-drifting", editor)).Annotations[googleAnnotation]; found != email {
			return fmt.Errorf("it is %q", found)
		}
		return nil
	})
	mustEqual(f.t, "requests", f.google.RequestsFor(email), before)
	f.leave("google-drifting")
}

func googleGone(f *googleFixture) {
	email := f.account("vanished", sharedPolicy)
	f.create(MakeProfile("google-vanished").Google(email).Obj())
	f.awaitIdentity("google-vanished", email)
	f.google.RemoveServiceAccount(email)
	f.leave("google-vanished")
	f.mustNotWarn("google-vanished")
}

func googleBrokenSpec(f *googleFixture) {
	email := f.account("broken", sharedPolicy)
	f.create(MakeProfile("google-broken").Google(email).Obj())
	f.awaitIdentity("google-broken", email)
	for spec, says := range map[string]string{
		`{"gcpServiceAccount":7}`:                       "gcpServiceAccount: must not be a JSON number",
		`{"gcpServiceAccount":"allUsers"}`:              `gcpServiceAccount: "allUsers" is not the e-mail address of a Google service account`,
		`{}`:                                            "gcpServiceAccount: is required",
		googleSpec(email, `"anotateOnly":true`):         "anotateOnly: this plugin has no such field",
		googleSpec(email, `"identityNamespace":"x][y"`): `identityNamespace: "x][y" is not the ID of a project`,
		googleSpec(email, `"annotateOnly":true,"AnnotateOnly":false`):  "is given twice",
		googleSpec(email, `"serviceAccounts":["kube-system/default"]`): "is not the name of a service account",
	} {
		f.give("google-broken", spec)
		f.eventually("the condition complains of "+spec, func() error {
			if c := condition(f.profile("google-broken"), profilev1.ConditionIdentityReady); c.Reason != profilev1.ReasonInvalidPluginSpec || !strings.Contains(c.Message, says) {
				return fmt.Errorf("it is %+v", c)
			}
			return nil
		})
		f.mustUse(email, "google-broken", editor)
		f.mustPoint("google-broken", editor, email)
	}
	f.leave("google-broken")
	f.mustBeAsBefore(email)
}

// TestBoundProfilesCostGoogleNothing watches a controller that has nothing to do, and then a
// new one that finds what the first left behind.
func TestBoundProfilesCostGoogleNothing(t *testing.T) {
	f := withGoogle(t)
	email := f.account("calm", sharedPolicy)
	f.create(MakeProfile("google-calm-1").Google(email).Obj(), MakeProfile("google-calm-2").Google(email, `"serviceAccounts":["default-editor","runner"]`).Obj(),
		MakeProfile("google-calm-3").Google(email, `"annotateOnly":true`).Obj())
	f.awaitReady("google-calm-1", "google-calm-2", "google-calm-3")
	f.settle()
	f.google.ResetRequests()
	mark := f.mark()
	f.awaitRenewals(2)
	f.restart()
	f.settle()
	mustEqual(t, "requests", f.google.Requests(), map[string]int{})
	for _, w := range f.writesSince(mark) {
		if strings.HasPrefix(w.name, "google-calm-") || strings.HasPrefix(w.namespace, "google-calm-") {
			t.Errorf("the controller sent %s, although there was nothing to do", w)
		}
	}
	f.mustUse(email, "google-calm-2", "runner")
	f.leave("google-calm-1", "google-calm-2", "google-calm-3")
}

// TestTheDefaultGoogleServiceAccount is the installation's, for Profiles that name none. It
// is nobody's wish and so stands in nobody's spec.
func TestTheDefaultGoogleServiceAccount(t *testing.T) {
	f := newGoogle(t)
	email, own := f.account("default", `{}`), f.account("special", `{}`)
	f.startWith(f.controllerOptions("-workload-identity=" + email))
	f.create(MakeProfile("google-ordinary").Obj(), MakeProfile("google-special").Google(own).Obj())
	f.awaitIdentity("google-ordinary", email)
	f.awaitIdentity("google-special", own)
	f.mustPoint("google-ordinary", editor, email)
	f.mustUse(email, "google-ordinary", editor)
	f.mustNotUse(email, "google-special", editor)
	p := f.profile("google-ordinary")
	mustEqual(t, "plugins", p.Spec.Plugins, nil)
	mustEqual(t, "generation", p.Generation, 1)

	f.startWith(f.controllerOptions())
	f.awaitIdentity("google-ordinary")
	f.mustNotUse(email, "google-ordinary", editor)
	f.mustPoint("google-ordinary", editor, "")
	f.leave("google-ordinary", "google-special")
}

// TestWhatGoogleRefusesIsTold has the controller lose its permission, and its key, and get
// another one.
func TestWhatGoogleRefusesIsTold(t *testing.T) {
	f := withGoogle(t)
	email := f.account("refusing", sharedPolicy)
	f.create(MakeProfile("google-refused").Google(email).Obj())
	f.awaitIdentity("google-refused", email)
	f.google.Fault(func(gcpiam.Request) faults.Fault { return gcpiam.PermissionDenied() })
	f.remove(profileNamed("google-refused"))
	c := f.awaitCondition("google-refused", profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
	f.mustSay(c.Message, "The Profile is being deleted and stays until its identities are taken back.",
		"The controller may not call iam.serviceAccounts.getIamPolicy on "+email, "roles/iam.serviceAccountAdmin", "remove its finalizer profile-finalizer")
	f.mustUse(email, "google-refused", editor)
	f.google.Fault(nil)
	f.restart()
	f.awaitGone(profileNamed("google-refused"))
	f.mustBeAsBefore(email)

	good, err := f.google.AddCaller("later", "iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.setIamPolicy")
	if err != nil {
		t.Fatal(err)
	}
	f.google.RemoveCaller(f.google.Key())
	f.restart()
	f.create(MakeProfile("google-keyless").Google(email).Obj())
	f.awaitCondition("google-keyless", profilev1.ConditionIdentityReady, profilev1.ReasonCredentialsMissing)
	f.use(good)
	f.restart()
	f.awaitIdentity("google-keyless", email)
	f.leave("google-keyless")
	f.mustBeAsBefore(email)
}
