package azureworkloadidentity

import (
	"fmt"
	"net/http"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

func TestTheLimitIsToldBeforeItIsHit(t *testing.T) {
	f := start(t)
	for n := range 5 {
		f.server.SetCredential(f.id, azuremsi.Credential{Name: fmt.Sprintf("theirs-%d", n), Issuer: "https://elsewhere", Subject: fmt.Sprint(n), Audience: DefaultAudience})
	}
	names, b := plugintest.Profiles(18), f.binding()
	admitted, told := 0, 0
	for n, err := range f.Together(names, f.Apply, b) {
		if f.admits(names[n]) != (err == nil) {
			t.Errorf("%s is admitted: %t, and was told %v", names[n], f.admits(names[n]), err)
		}
		if err == nil {
			admitted++
			continue
		}
		told++
		plugintest.WantRefusal(t, err, profilev1.ReasonFederatedCredentialLimitExceeded, "it has 20 federated identity credentials", "made 15 for this cluster", "Ways out")
	}
	if admitted != 15 || told != 3 {
		t.Errorf("%d admitted, %d told that there is no room", admitted, told)
	}
	f.wantRequests(1, 15, 0)
	f.MustRevoke(names[0], b)
	f.MustRevoke(names[1], b)
	f.MustRevoke(names[2], b)
	for _, err := range f.Together(names[3:], f.Apply, b) {
		if err != nil {
			t.Error("there is room now, and yet:", err)
		}
	}
}

func TestAnotherIdentityIsNotTouched(t *testing.T) {
	tests := map[string]string{"clientId": `"clientId":"` + someUUID + `"`, "tenantId": `"tenantId":"` + someUUID + `"`}
	for field, member := range tests {
		t.Run(field, func(t *testing.T) {
			f := start(t)
			spec := `{"clientId":"` + f.clientID + `","identityResourceId":"` + f.id + `",` + member + `}`
			if field == "clientId" {
				spec = `{"identityResourceId":"` + f.id + `",` + member + `}`
			}
			b := f.planned(spec)
			plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonIdentityMismatch, field+" is "+someUUID, "Correct "+field)
			f.MustRevoke("alice", b)
			f.wantRequests(1, 0, 0)
		})
	}
}

func TestATenantThatIsRightIsNoHindrance(t *testing.T) {
	f := start(t)
	f.MustApply("alice", f.planned(`{"clientId":"`+f.clientID+`","identityResourceId":"`+f.id+`","tenantId":"`+azuremsi.Tenant+`"}`))
}

func TestIdentitiesMustBeTaggedWhereTheOperatorSaysSo(t *testing.T) {
	f := start(t, func(o *Options) { o.RequireIdentityTag = true })
	b := f.binding()
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonIdentityNotTagged, "kubeflow-profile=alice", "-azure-require-identity-tag", "az tag update")
	f.server.Tag(f.id, "Kubeflow-Profile", "alice")
	f.outdate()
	if err := f.Apply(t.Context(), "alice", b); err == nil {
		t.Fatal("it holds already")
	}
	f.AwaitNews("alice")
	f.MustApply("alice", b)
	plugintest.WantRefusal(t, f.Settle("bob", f.Apply, b), profilev1.ReasonIdentityNotTagged)
}

func TestWhatOthersMadeIsLeftAlone(t *testing.T) {
	g := grantFor(testIssuer, DefaultAudience, "alice", "default-editor")
	tests := map[string]struct {
		theirs azuremsi.Credential
		says   string
	}{
		"the same subject by another name": {azuremsi.Credential{Name: "terraform", Issuer: g.issuer, Subject: g.subject, Audience: g.audience}, "by the federated identity credential terraform"},
		"our name with another subject":    {azuremsi.Credential{Name: g.name, Issuer: g.issuer, Subject: "system:serviceaccount:bob:x", Audience: g.audience}, "az identity federated-credential delete"},
		"our name with another issuer":     {azuremsi.Credential{Name: g.name, Issuer: "https://elsewhere", Subject: g.subject, Audience: g.audience}, "is not what this controller makes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.server.SetCredential(f.id, test.theirs)
			b := f.binding()
			plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonForeignBinding, test.says)
			f.MustRevoke("alice", b)
			if left := f.server.Credentials(f.id); len(left) != 1 || left[0] != test.theirs {
				t.Errorf("it became %v", left)
			}
			f.wantRequests(1, 0, 0)
		})
	}
}

func TestOursWithAnotherAudienceIsNotOverwrittenAndIsTakenBack(t *testing.T) {
	f := start(t)
	g := grantFor(testIssuer, DefaultAudience, "alice", "default-editor")
	f.server.SetCredential(f.id, azuremsi.Credential{Name: g.name, Issuer: g.issuer, Subject: g.subject, Audience: "other"})
	b := f.binding()
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonForeignBinding)
	f.wantRequests(1, 0, 0)
	f.MustRevoke("alice", b)
	if left := f.server.Credentials(f.id); len(left) != 0 {
		t.Errorf("it still speaks of our account: %v", left)
	}
}

func TestRevokeSucceedsWhenTheIdentityOrItsGroupIsGone(t *testing.T) {
	for name, remove := range map[string]func(*fixture){
		"the identity": func(f *fixture) { f.server.RemoveIdentity(f.id) },
		"the group":    func(f *fixture) { f.server.RemoveGroup() }} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			b := f.binding()
			f.MustApply("alice", b)
			remove(f)
			f.MustRevoke("alice", b)
			startOn(t, f.server, f.id, f.clientID).MustRevoke("alice", b)
			plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonIdentityNotFound, "Azure has no identity")
		})
	}
}

func TestRevokeDoesNotBelieveWhatProvesNothing(t *testing.T) {
	tests := map[string]struct {
		fault  faults.Fault
		reason string
	}{
		"no rights":       {faults.Fail(http.StatusForbidden, "AuthorizationFailed", "no"), profilev1.ReasonPermissionMissing},
		"no subscription": {faults.Fail(http.StatusNotFound, "SubscriptionNotFound", "no"), profilev1.ReasonIdentityNotFound},
		"a proxy's 404":   {faults.Fail(http.StatusNotFound, "", "<html>"), profilev1.ReasonIdentityNotFound},
		"no credentials":  {faults.Fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "no"), profilev1.ReasonCredentialsMissing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.server.Fault(func(azuremsi.Request) faults.Fault { return test.fault })
			plugintest.WantRefusal(t, f.Settle("alice", f.Revoke, f.binding()), test.reason)
		})
	}
}

func TestAMissingIdentityCostsOneRequest(t *testing.T) {
	f := start(t)
	f.server.RemoveIdentity(f.id)
	for _, err := range f.Together(plugintest.Profiles(20), f.Apply, f.binding()) {
		plugintest.WantRefusal(t, err, profilev1.ReasonIdentityNotFound)
	}
	if made := f.server.Requests(f.id); made["GetIdentity"] != 1 || len(made) != 1 {
		t.Errorf("Azure got %v", made)
	}
}

func TestAMissingRightIsToldAndHindersNothingElse(t *testing.T) {
	server := startAzure(t)
	id, clientID := server.AddIdentity("Alice")
	owner := startOn(t, server, id, clientID)
	b := owner.binding()
	owner.MustApply("bob", b)
	poor := startOn(t, server, id, clientID, func(o *Options) {
		o.API = clientOf(t, server, server.CredentialOf(azuremsi.ReadIdentity, azuremsi.ReadCredential, azuremsi.DeleteCredential))
	})
	server.ResetRequests()
	for _, err := range poor.Together(plugintest.Profiles(10), poor.Apply, b) {
		plugintest.WantRefusal(t, err, profilev1.ReasonPermissionMissing, "federatedIdentityCredentials/write")
	}
	poor.wantRequests(1, 1, 0)
	poor.MustApply("bob", b)
	poor.MustRevoke("bob", b)
	poor.wantRequests(1, 1, 1)
}

func TestABadRequestHindersNoOther(t *testing.T) {
	f := start(t)
	f.server.FailOnce("CreateOrUpdateCredential", faults.Fail(http.StatusBadRequest, "BadRequest", "no"))
	b := f.binding()
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonIdentityRejected, "(BadRequest)")
	f.MustApply("bob", b)
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonIdentityRejected)
	f.wantRequests(1, 2, 0)
}

// forget has what Azure said be too long ago to answer.
func (f *fixture) forget() {
	f.editor.mu.Lock()
	defer f.editor.mu.Unlock()
	long := 2 * f.editor.timing.Trust
	for _, m := range f.editor.identities {
		m.knownAt, m.looked = m.knownAt.Add(-long), m.looked.Add(-2*f.editor.timing.Drift)
		for s, was := range m.failures {
			was.at = was.at.Add(-long)
			m.failures[s] = was
		}
	}
}

func TestARefusalStandsWhileAzureIsAskedAgain(t *testing.T) {
	f := start(t)
	b := f.binding()
	f.server.FailOnce("GetIdentity", faults.Fail(http.StatusForbidden, "AuthorizationFailed", "no"))
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonPermissionMissing)
	plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", b), profilev1.ReasonPermissionMissing)
	if made := f.server.Requests(f.id); made["GetIdentity"] != 1 {
		t.Errorf("Azure got %v", made)
	}
	f.forget()
	plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", b), profilev1.ReasonPermissionMissing)
	f.AwaitNews("alice")
	if err := f.Apply(t.Context(), "alice", b); err != nil {
		t.Errorf("the right was granted, and yet: %v", err)
	}
	if kind := plugin.AsError(f.Revoke(t.Context(), "alice", b)).Kind; kind != plugin.Waiting {
		t.Errorf("Revoke is answered with the kind %d", kind)
	}
	f.MustRevoke("alice", b)
}

func TestARefusalThatIsOverIsNotToldToOthers(t *testing.T) {
	f := start(t)
	b := f.binding()
	f.server.FailOnce("CreateOrUpdateCredential", faults.Fail(http.StatusForbidden, "AuthorizationFailed", "no"))
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonPermissionMissing)
	f.forget()
	plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", b), profilev1.ReasonPermissionMissing)
	f.AwaitNews("alice")
	f.MustApply("alice", b)
	if err := f.Apply(t.Context(), "bob", b); plugin.AsError(err).Kind != plugin.Waiting {
		t.Errorf("bob is told %v", err)
	}
	f.MustApply("bob", b)
}
