package gcpworkloadidentity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

func TestContract(t *testing.T) {
	for name, options := range map[string]gcpiam.Options{"as written": {}, "normalized": {Normalize: true}} {
		t.Run(name, func(t *testing.T) { plugintest.Run(t, &contractSubject{server: startIAM(t, options)}) })
	}
}

// contractSubject is the plugin with the double of IAM. Its Google service accounts are
// shared with another cluster, whose service accounts have the same names as ours.
type contractSubject struct {
	server   *gcpiam.Server
	accounts atomic.Int64
}

const otherProject = "elsewhere"

func (c *contractSubject) New(host plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	timing := shortTiming()
	timing.Settle = 30 * time.Millisecond
	return New(Options{IAM: clientThrough(c.server, c.server.Key().JSON(), outside), Host: host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: timing})
}

func (c *contractSubject) NewIdentity() (string, error) {
	email := fmt.Sprintf("contract-%d@research.iam.gserviceaccount.com", c.accounts.Add(1))
	return email, c.server.AddServiceAccount(email, foreignPolicy)
}

func (c *contractSubject) RemoveIdentity(identity string) error {
	c.server.RemoveServiceAccount(identity)
	return nil
}

func (c *contractSubject) Missing() string { return "not-there@research.iam.gserviceaccount.com" }

func (c *contractSubject) Spec(identity, account string) []byte {
	return fmt.Appendf(nil, `{"gcpServiceAccount":%q,"serviceAccounts":[%q]}`, identity, account)
}

func (c *contractSubject) BadSpecs() []plugintest.BadSpec {
	with := func(member string) string { return `{"gcpServiceAccount":"` + team + `",` + member + `}` }
	return []plugintest.BadSpec{
		{Field: "gcpServiceAccount", Spec: `{}`},
		{Field: "gcpServiceAccount", Spec: ``},
		{Field: "gcpServiceAccount", Spec: `{"gcpServiceAccount":"allUsers"}`},
		{Field: "gcpServiceAccount", Spec: `{"gcpServiceAccount":7}`},
		{Field: "GcpServiceAccount", Spec: with(`"GcpServiceAccount":"other@research.iam.gserviceaccount.com"`)},
		{Field: "annotateOnly", Spec: with(`"annotateOnly":"yes"`)},
		{Field: "serviceAccounts", Spec: with(`"serviceAccounts":["Not_A_Name"]`)},
		{Field: "identityNamespace", Spec: with(`"identityNamespace":"x]"`)},
	}
}

func (c *contractSubject) History(identity string) []plugintest.State {
	var states []plugintest.State
	for _, version := range c.server.History(identity) {
		states = append(states, policyState(version.Policy))
	}
	if len(states) == 0 {
		states = append(states, policyState(""))
	}
	return states
}

// policyState is a policy, empty once the account is gone.
type policyState string

func (s policyState) Admits(p plugintest.Pod) bool {
	project := ownProject
	if p.Elsewhere {
		project = otherProject
	}
	return gcpiam.Admits(string(s), project, p.Profile, p.ServiceAccount)
}

// Foreign is the policy without the members of our pool that it has without a condition.
func (s policyState) Foreign() string {
	var document struct {
		Bindings []struct {
			Role      string
			Members   []string
			Condition json.RawMessage
			BindingID string
		}
		AuditConfigs json.RawMessage
	}
	if json.Unmarshal([]byte(s), &document) != nil {
		return string(s)
	}
	text := string(document.AuditConfigs)
	for _, b := range document.Bindings {
		for _, m := range b.Members {
			if b.Condition != nil || !strings.HasPrefix(m, "serviceAccount:"+ownProject+".svc.id.goog[") {
				text += fmt.Sprintf("\n%s %s %s %s", b.Role, m, b.Condition, b.BindingID)
			}
		}
	}
	return text
}
