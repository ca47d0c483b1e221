package e2e

import (
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// TestAProfileGetsItsManagedIdentityAndNoOtherProfileDoes has pods' own tokens exchanged for
// those of the identity, before, while and after the Profile asks for it.
func TestAProfileGetsItsManagedIdentityAndNoOtherProfileDoes(t *testing.T) {
	f := withAzure(t)
	research := f.managed("Research")
	f.create(MakeProfile("az-research").Plugin(azureKind, research.spec(`"tenantId":"`+azuremsi.Tenant+`"`)).Obj(), MakeProfile("az-neighbor").Obj())
	f.awaitBound("az-research", research.recorded())
	f.awaitReady("az-neighbor")
	mustEqual(t, "annotations", f.azureAnnotations("az-research", editor), map[string]string{"client-id": research.clientID, "tenant-id": azuremsi.Tenant})
	f.mustLogIn(research, "az-research")
	f.mustNotLogIn(research, "az-research", viewer)
	f.mustNotLogIn(research, "az-neighbor", editor)
	mustEqual(t, "credentials", len(f.azure.Credentials(research.id)), 1)
	f.mustNotWarn("az-research")

	before := f.azure.AllRequests()
	f.restart()
	f.awaitReady("az-research")
	mustEqual(t, "requests after a restart", f.azure.AllRequests()-before, 0)

	change(f.fixture, profileNamed("az-research"), func(p *profilev1.Profile) { p.Spec.Plugins = nil })
	f.awaitBound("az-research")
	f.mustNotLogIn(research, "az-research", editor)
	mustEqual(t, "annotations", f.azureAnnotations("az-research", editor), map[string]string{})
	mustEqual(t, "credentials", len(f.azure.Credentials(research.id)), 0)
	f.remove(profileNamed("az-research"), profileNamed("az-neighbor"))
	f.awaitGone(profileNamed("az-research"), profileNamed("az-neighbor"))
}

// TestWhatAzureRefusesIsToldAndHeals has what is wrong reach the people who read Profiles,
// and go away when they have done what it says.
func TestWhatAzureRefusesIsToldAndHeals(t *testing.T) {
	f := withAzure(t)
	poor, other, taken := f.managed("Poor"), f.managed("Other"), f.managed("Taken")
	f.azure.Grant(f.own, azuremsi.ReadIdentity, azuremsi.ReadCredential, azuremsi.DeleteCredential)
	theirs := azuremsi.Credential{Name: "terraform", Issuer: clusterIssuer, Subject: editorOf("az-taken"), Audience: tokenExchange}
	f.azure.SetCredential(taken.id, theirs)
	f.create(MakeProfile("az-poor").Plugin(azureKind, poor.spec()).Obj(),
		MakeProfile("az-mixed").Plugin(azureKind, managed{other.id, poor.clientID}.spec()).Obj(),
		MakeProfile("az-taken").Plugin(azureKind, taken.spec()).Obj())
	c := f.awaitCondition("az-poor", profilev1.ConditionIdentityReady, profilev1.ReasonPermissionMissing)
	f.mustSay(c.Message, azuremsi.WriteCredential, poor.recorded())
	c = f.awaitCondition("az-mixed", profilev1.ConditionIdentityReady, profilev1.ReasonIdentityMismatch)
	f.mustSay(c.Message, poor.clientID, other.clientID, other.recorded())
	c = f.awaitCondition("az-taken", profilev1.ConditionIdentityReady, profilev1.ReasonForeignBinding)
	f.mustSay(c.Message, "terraform", "annotateOnly")
	f.awaitEvent("Profile", "az-poor", profilev1.ReasonPermissionMissing)
	f.mustBe("az-poor", profilev1.ConditionNamespaceReady, metav1.ConditionTrue, profilev1.ReasonApplied)
	mustEqual(t, "annotations", f.azureAnnotations("az-poor", editor), map[string]string{})
	mustEqual(t, "states of what was only read", len(f.azure.History(other.id)), 1)

	f.azure.Grant(f.own, "*")
	change(f.fixture, profileNamed("az-mixed"), func(p *profilev1.Profile) { p.Spec.Plugins[0].Spec.Raw = []byte(other.spec()) })
	change(f.fixture, profileNamed("az-taken"), func(p *profilev1.Profile) { p.Spec.Plugins[0].Spec.Raw = []byte(taken.spec(`"annotateOnly":true`)) })
	f.awaitBound("az-mixed", other.recorded())
	f.awaitBound("az-taken", taken.recorded())
	f.mustLogIn(taken, "az-taken")
	f.restart() // A new process does not remember that the right was missing.
	f.awaitBound("az-poor", poor.recorded())
	f.mustLogIn(poor, "az-poor")

	f.remove(profileNamed("az-poor"), profileNamed("az-mixed"), profileNamed("az-taken"))
	f.awaitGone(profileNamed("az-poor"), profileNamed("az-mixed"), profileNamed("az-taken"))
	mustEqual(t, "what others made", f.azure.Credentials(taken.id), []azuremsi.Credential{theirs})
	mustEqual(t, "what is left", len(f.azure.Credentials(poor.id))+len(f.azure.Credentials(other.id)), 0)
}

// TestAControllerThatIsKilledWhileItBindsInAzureLeavesNothingBehind kills it while Azure is
// carrying out what it asked for, once when a Profile comes and once when it goes.
func TestAControllerThatIsKilledWhileItBindsInAzureLeavesNothingBehind(t *testing.T) {
	f := newAzure(t)
	shared := f.managed("Shared")
	options := f.controllerOptions("-leader-elect=false")
	kill := func(operation string, done bool) {
		t.Helper()
		fault := faults.CutBefore()
		if done {
			fault = faults.CutAfter()
		}
		reached := make(chan struct{})
		f.azure.Fault(func(r azuremsi.Request) faults.Fault {
			if r.Operation != operation {
				return faults.Fault{}
			}
			select {
			case <-reached:
			default:
				close(reached)
			}
			return fault
		})
		f.launch(options)
		<-reached
		running.kill()
		f.controller = nil
		f.azure.Fault(nil)
	}
	for name, done := range map[string]bool{"az-killed-before": false, "az-killed-after": true} {
		f.create(MakeProfile(name).Plugin(azureKind, shared.spec()).Obj())
		kill("CreateOrUpdateCredential", done)
		f.startWith(options)
		f.awaitBound(name, shared.recorded())
		f.mustLogIn(shared, name)
		f.stop()
		f.remove(profileNamed(name))
		kill("DeleteCredential", done)
		f.startWith(options)
		f.awaitGone(profileNamed(name))
		mustEqual(t, "what is left", len(f.azure.Credentials(shared.id)), 0)
		f.stop()
	}
}

// TestAnIdentityThatIsGoneHoldsNobodyUp deletes the identity before the Profile, as whoever
// cleans up does.
func TestAnIdentityThatIsGoneHoldsNobodyUp(t *testing.T) {
	f := withAzure(t)
	lost := f.managed("Lost")
	f.create(MakeProfile("az-lost").Plugin(azureKind, lost.spec()).Obj())
	f.awaitBound("az-lost", lost.recorded())
	f.azure.RemoveIdentity(lost.id)
	f.remove(profileNamed("az-lost"))
	f.awaitGone(profileNamed("az-lost"))
}

// TestAzureIsNotAskedAboutProfilesThatHaveNothingThere has Azure refuse everybody, which
// must be nothing to Profiles without the plugin and to those that only annotate.
func TestAzureIsNotAskedAboutProfilesThatHaveNothingThere(t *testing.T) {
	f := withAzure(t)
	f.azure.Fault(func(azuremsi.Request) faults.Fault {
		return faults.Fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "no")
	})
	f.create(MakeProfile("az-none").Obj(), MakeProfile("az-annotated").Plugin(azureKind, `{"clientId":"33333333-3333-3333-3333-333333333333","annotateOnly":true,"serviceAccounts":["runner"]}`).Obj())
	f.awaitReady("az-none", "az-annotated")
	f.awaitBound("az-annotated", "33333333-3333-3333-3333-333333333333")
	mustEqual(t, "annotations", f.azureAnnotations("az-annotated", "runner"), map[string]string{"client-id": "33333333-3333-3333-3333-333333333333"})
	mustEqual(t, "requests", f.azure.AllRequests(), 0)
	if _, there := live(f.fixture, accountNamed("az-annotated", editor)).Labels["azure.workload.identity/use"]; there {
		t.Error("the account has the label of pods")
	}
	f.remove(profileNamed("az-none"), profileNamed("az-annotated"))
	f.awaitGone(profileNamed("az-none"), profileNamed("az-annotated"))
}
