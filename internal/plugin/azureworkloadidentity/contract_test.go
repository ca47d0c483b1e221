package azureworkloadidentity

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
)

func TestContract(t *testing.T) {
	server := azuremsi.Start(azuremsi.Options{PageSize: 2})
	t.Cleanup(server.Close)
	plugintest.Run(t, &contractSubject{server: server, clientIDs: map[string]string{}})
}

// contractSubject is the plugin with the double of Azure. Its identities are shared with
// another cluster, whose service accounts have the same names as ours, and with a build
// service.
type contractSubject struct {
	server *azuremsi.Server

	mu        sync.Mutex
	clientIDs map[string]string
}

const otherIssuer = "https://oidc.example.com/id/other"

func (c *contractSubject) New(host plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	o := c.server.ClientOptions()
	o.Transport = &http.Client{Transport: outside}
	return New(Options{API: newClient(c.server.Credential(), *o), Issuer: ourIssuer, Host: host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: shortTiming()})
}

func (c *contractSubject) NewIdentity() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, clientID := c.server.AddIdentity(fmt.Sprintf("Contract-%d", len(c.clientIDs)),
		azuremsi.Credential{Name: "other-cluster", Issuer: otherIssuer, Subject: "system:serviceaccount:alice:default-editor", Audience: DefaultAudience},
		azuremsi.Credential{Name: "kubeflow-build", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:org/repo:ref:refs/heads/main", Audience: DefaultAudience})
	c.clientIDs[id] = clientID
	return id, nil
}

func (c *contractSubject) RemoveIdentity(identity string) error {
	c.server.RemoveIdentity(identity)
	return nil
}

func (c *contractSubject) Missing() string {
	return azuremsi.ID(azuremsi.Subscription, azuremsi.Group, "not-there")
}

func (c *contractSubject) Spec(identity, account string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	clientID := c.clientIDs[identity]
	if clientID == "" {
		clientID = someUUID
	}
	return fmt.Appendf(nil, `{"clientId":%q,"identityResourceId":%q,"serviceAccounts":[%q]}`, clientID, identity, account)
}

func (c *contractSubject) BadSpecs() []plugintest.BadSpec {
	with := func(member string) string {
		return fmt.Sprintf(`{"clientId":%q,"identityResourceId":%q,%s}`, someUUID, c.Missing(), member)
	}
	return []plugintest.BadSpec{
		{Field: "clientId", Spec: `{}`},
		{Field: "clientId", Spec: ``},
		{Field: "clientId", Spec: `{"clientId":"alice","annotateOnly":true}`},
		{Field: "clientId", Spec: `{"clientId":7}`},
		{Field: "identityResourceId", Spec: `{"clientId":"` + someUUID + `"}`},
		{Field: "identityResourceId", Spec: `{"clientId":"` + someUUID + `","identityResourceId":"alice"}`},
		{Field: "identityResourceId", Spec: `{"clientId":"` + someUUID + `","identityResourceId":"alice","annotateOnly":true}`},
		{Field: "tenantId", Spec: with(`"tenantId":"contoso.onmicrosoft.com"`)},
		{Field: "annotateOnly", Spec: with(`"annotateOnly":"yes"`)},
		{Field: "ClientId", Spec: with(`"ClientId":"` + someUUID + `"`)},
		{Field: "serviceAccounts", Spec: with(`"serviceAccounts":["Not_A_Name"]`)},
	}
}

func (c *contractSubject) History(identity string) []plugintest.State {
	var states []plugintest.State
	for _, credentials := range c.server.History(identity) {
		states = append(states, credentialState{credentials})
	}
	if len(states) == 0 {
		states = append(states, credentialState{})
	}
	return states
}

// credentialState are the credentials of an identity, none once it is gone.
type credentialState struct{ credentials []azuremsi.Credential }

func (s credentialState) Admits(p plugintest.Pod) bool {
	issuer := testIssuer
	if p.Elsewhere {
		issuer = otherIssuer
	}
	return azuremsi.Admits(s.credentials, issuer, "system:serviceaccount:"+p.Profile+":"+p.ServiceAccount, "api://AzureADTokenExchange")
}

// Foreign are the credentials whose names and issuers are not both ours.
func (s credentialState) Foreign() string {
	var text strings.Builder
	for _, c := range s.credentials {
		if !strings.HasPrefix(c.Name, "kubeflow-") || c.Issuer != testIssuer {
			fmt.Fprintf(&text, "%+v\n", c)
		}
	}
	return text.String()
}
