package azureworkloadidentity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

const (
	aliceID       = "/subscriptions/11111111-1111-1111-1111-11111111abcd/resourceGroups/identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/alice"
	aliceClientID = "33333333-3333-3333-3333-33333333abcd"
)

var alice = ResourceID{Subscription: "11111111-1111-1111-1111-11111111abcd", Group: "identities", Name: "alice"}

func TestReadSpec(t *testing.T) {
	plain := wanted{clientID: aliceClientID, identity: &alice, accounts: []string{"default-editor"}}
	with := func(change func(*wanted)) wanted {
		w := plain
		change(&w)
		return w
	}
	tests := map[string]struct {
		spec string
		want wanted
	}{
		"the identity":         {`{"clientId":"` + aliceClientID + `","identityResourceId":"` + aliceID + `"}`, plain},
		"in capitals":          {`{"clientId":"` + strings.ToUpper(aliceClientID) + `","identityResourceId":"` + strings.ToUpper(aliceID) + `"}`, plain},
		"keys in other case":   {`{"ClientID":"` + aliceClientID + `","IdentityResourceID":"` + aliceID + `"}`, plain},
		"null means default":   {`{"clientId":"` + aliceClientID + `","identityResourceId":"` + aliceID + `","tenantId":null,"annotateOnly":null,"serviceAccounts":null}`, plain},
		"a tenant":             {`{"clientId":"` + aliceClientID + `","identityResourceId":"` + aliceID + `","tenantId":"` + strings.ToUpper(someUUID) + `"}`, with(func(w *wanted) { w.tenantID = someUUID })},
		"accounts":             {`{"clientId":"` + aliceClientID + `","identityResourceId":"` + aliceID + `","serviceAccounts":["b","a.c"]}`, with(func(w *wanted) { w.accounts = []string{"b", "a.c"} })},
		"annotate only":        {`{"clientId":"` + aliceClientID + `","annotateOnly":true}`, with(func(w *wanted) { w.identity, w.annotateOnly = nil, true })},
		"annotate only and ID": {`{"clientId":"` + aliceClientID + `","annotateOnly":true,"identityResourceId":"` + aliceID + `"}`, with(func(w *wanted) { w.annotateOnly = true })},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readSpec([]byte(test.spec))
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(wanted{})); err != nil || diff != "" {
				t.Errorf("error %v, spec (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestABadSpecIsRefusedByTheNameOfTheField(t *testing.T) {
	with := func(member string) string {
		return fmt.Sprintf(`{"clientId":%q,"identityResourceId":%q,%s}`, aliceClientID, aliceID, member)
	}
	id := func(text string) string {
		return fmt.Sprintf(`{"clientId":%q,"identityResourceId":%q}`, aliceClientID, text)
	}
	tests := map[string]struct{ spec, field, says string }{
		"nothing":                {``, "clientId", "is required"},
		"an empty client ID":     {`{"clientId":"","annotateOnly":true}`, "clientId", "is required"},
		"no identity":            {`{"clientId":"` + aliceClientID + `"}`, "identityResourceId", "is required"},
		"a name as a client ID":  {`{"clientId":"alice","annotateOnly":true}`, "clientId", "is not a UUID"},
		"a client ID in braces":  {`{"clientId":"{` + aliceClientID + `}","annotateOnly":true}`, "clientId", "is not a UUID"},
		"a client ID and a line": {`{"clientId":"` + aliceClientID + `\n","annotateOnly":true}`, "clientId", "is not a UUID"},
		"a tenant by its name":   {with(`"tenantId":"contoso.com"`), "tenantId", "is not a UUID"},
		"an unknown field":       {with(`"region":"x"`), "region", "no such field"},
		"accounts twice":         {with(`"serviceAccounts":["a","a"]`), "serviceAccounts", "listed twice"},
		"only a name":            {id("alice"), "identityResourceId", "is not the resource ID"},
		"another provider":       {id(strings.Replace(aliceID, "ManagedIdentity", "Compute", 1)), "identityResourceId", "is not the resource ID"},
		"a credential":           {id(aliceID + "/federatedIdentityCredentials/x"), "identityResourceId", "is not the resource ID"},
		"a slash at the end":     {id(aliceID + "/"), "identityResourceId", "is not the resource ID"},
		"no slash before":        {id(aliceID[1:]), "identityResourceId", "is not the resource ID"},
		"two slashes":            {id(strings.Replace(aliceID, "/providers", "//providers", 1)), "identityResourceId", "is not the resource ID"},
		"a query":                {id(aliceID + "?x"), "identityResourceId", "is not the resource ID"},
		"a line end":             {id(aliceID + "\n"), "identityResourceId", "is not the resource ID"},
		"a subscription's name":  {id(strings.Replace(aliceID, alice.Subscription, "main", 1)), "identityResourceId", "is not the resource ID"},
		"a group that leads up":  {id(strings.Replace(aliceID, "/identities/", "/../", 1)), "identityResourceId", "is not the resource ID"},
		"a group with a % in it": {id(strings.Replace(aliceID, "/identities/", "/a%2f/", 1)), "identityResourceId", "is not the resource ID"},
		"a short name":           {id(strings.TrimSuffix(aliceID, "ice")), "identityResourceId", "is not the resource ID"},
		"a letter of elsewhere":  {id(strings.Replace(aliceID, "alice", "alıce", 1)), "identityResourceId", "is not the resource ID"},
		"a long s":               {id(strings.Replace(aliceID, "alice", "aliſe", 1)), "identityResourceId", "is not the resource ID"},
		"very long":              {id(strings.Repeat("x", 100_000)), "identityResourceId", "is not the resource ID"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := readSpec([]byte(test.spec))
			plugintest.WantRefusal(t, err, profilev1.ReasonInvalidPluginSpec, test.says)
			if message := plugin.AsError(err).Message; !strings.HasPrefix(message, test.field+": ") || len(message) > 1500 {
				t.Errorf("the message has %d bytes and begins %.80q", len(message), message)
			}
		})
	}
}

func TestNamesThatAzureAllowsAreTaken(t *testing.T) {
	for _, group := range []string{"a", "A-b_c.(d)", "Gruppe-Ä", strings.Repeat("g", 90)} {
		for _, name := range []string{"abc", "0-_", strings.Repeat("N", 128)} {
			got, err := parseResourceID("f", "/subscriptions/"+someUUID+"/resourcegroups/"+group+"/providers/microsoft.managedidentity/userassignedidentities/"+name)
			if err != nil || got != (ResourceID{someUUID, lower(group), lower(name)}) {
				t.Errorf("%s and %s: %+v, %v", group, name, got, err)
			}
			if again, err := parseResourceID("f", got.String()); again != got {
				t.Errorf("%s is read back as %+v, %v", got, again, err)
			}
		}
	}
}
