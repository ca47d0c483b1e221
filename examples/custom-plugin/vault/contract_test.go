package vault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/examples/custom-plugin/vault/vaulttest"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

func TestContract(t *testing.T) {
	server, options := startVault(t)
	plugintest.Run(t, &contractSubject{server: server, options: options})
}

const (
	ourMethod   = "kubernetes"
	otherMethod = "clusters/other"
)

// startVault starts a Vault with the policy that is documented for the controller, and the
// options for it.
func startVault(t *testing.T) (*vaulttest.Server, Options) {
	t.Helper()
	policy, err := os.ReadFile("../controller-policy.hcl")
	if err != nil {
		t.Fatal(err)
	}
	server := vaulttest.Start(string(policy), ourMethod, otherMethod)
	t.Cleanup(server.Close)
	o := defaults()
	o.Address, o.TokenFile = server.URL, filepath.Join(t.TempDir(), "token")
	writeToken(t, o, server.Token())
	return server, o
}

func writeToken(t *testing.T, o Options, token string) {
	t.Helper()
	if err := os.WriteFile(o.TokenFile, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// contractSubject is the plugin with the double of Vault. Another cluster has roles of the
// same names on its own auth method, and a build system has one on ours.
type contractSubject struct {
	server   *vaulttest.Server
	options  Options
	policies atomic.Int64
}

func (c *contractSubject) New(_ plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	return newPlugin(c.options, outside, time.Now), nil
}

func (c *contractSubject) NewIdentity() (string, error) {
	policy := fmt.Sprintf("team-%d", c.policies.Add(1))
	theirs := c.server.Now().Methods[otherMethod][aliceRole].Policies
	c.server.PutRole(otherMethod, aliceRole, vaulttest.Role{
		Names: []string{"default-editor"}, Namespaces: []string{"alice"}, Policies: append(slices.Clone(theirs), policy)})
	c.server.PutRole(ourMethod, "builds", vaulttest.Role{
		Names: []string{"builder"}, Namespaces: []string{"ci-*"}, Policies: []string{policy, "other"}, BoundCIDRs: []string{"10.0.0.0/8"}})
	c.server.PutPolicy(policy)
	return policy, nil
}

func (c *contractSubject) RemoveIdentity(identity string) error {
	c.server.RemovePolicy(identity)
	return nil
}

func (c *contractSubject) Missing() string { return "not-there" }

func (c *contractSubject) Spec(identity, account string) []byte {
	return fmt.Appendf(nil, `{"policy":%q,"serviceAccounts":[%q],"tokenTTLSeconds":600}`, identity, account)
}

func (c *contractSubject) BadSpecs() []plugintest.BadSpec {
	return []plugintest.BadSpec{
		{Field: "policy", Spec: ``},
		{Field: "policy", Spec: `{"policy":"root"}`},
		{Field: "Policy", Spec: `{"policy":"a","Policy":"b"}`},
		{Field: "serviceAccounts", Spec: `{"policy":"a","serviceAccounts":["Not_A_Name"]}`},
		{Field: "tokenTTLSeconds", Spec: `{"policy":"a","tokenTTLSeconds":"1h"}`},
	}
}

func (c *contractSubject) History(identity string) []plugintest.State {
	var states []plugintest.State
	for _, state := range c.server.History(identity) {
		states = append(states, policyState{state, identity})
	}
	return states
}

// policyState is what a Vault held that has to do with one policy.
type policyState struct {
	vaulttest.State
	policy string
}

func (s policyState) Admits(p plugintest.Pod) bool {
	method := ourMethod
	if p.Elsewhere {
		method = otherMethod
	}
	return s.State.Admits(method, p.Profile, p.ServiceAccount, s.policy)
}

// Foreign are all roles but those of our prefix on our auth method.
func (s policyState) Foreign() string {
	rest := map[string]vaulttest.Role{}
	for path, roles := range s.Methods {
		for name, role := range roles {
			if path != ourMethod || !strings.HasPrefix(name, "kubeflow.") {
				rest[path+" "+name] = role
			}
		}
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
