package awsirsa

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestContract(t *testing.T) {
	plugintest.Run(t, &contractSubject{server: startAccount(t, iamsts.Options{})})
}

// contractSubject is the plugin with the double of IAM. Its roles are shared with another
// cluster, whose service accounts have the same names as ours, and with machines.
type contractSubject struct {
	server *iamsts.Server
	roles  atomic.Int64
}

const otherIssuer = "https://oidc.example.com/id/other"

func (*contractSubject) timing() edits.Timing {
	short := shortTiming()
	short.Settle = 30 * time.Millisecond
	return short
}

func (c *contractSubject) New(host plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	config := c.server.Config()
	config.HTTPClient = &http.Client{Transport: outside}
	return New(Options{IAM: newIAM(config), Issuer: ourIssuer, Host: host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: c.timing()})
}

func (c *contractSubject) NewIdentity() (string, error) {
	policy := fmt.Sprintf(`{
  "Version": "2012-10-17", "Id": "shared",
  "Statement": [
    {"Sid": "Other", "Effect": "Allow", "Principal": {"Federated": %q}, "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"StringEquals": {"oidc.example.com/id/other:aud": "sts.amazonaws.com", "oidc.example.com/id/other:sub": "system:serviceaccount:alice:default-editor"}}},
    {"Sid": "Machines",  "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
  ]
}`, c.server.ProviderARN(otherIssuer))
	return c.server.AddRole(fmt.Sprintf("contract-%d", c.roles.Add(1)), "/team/", policy, nil), nil
}

func (c *contractSubject) RemoveIdentity(identity string) error {
	c.server.RemoveRole(roleName(identity))
	return nil
}

func (c *contractSubject) Missing() string { return "arn:aws:iam::123456789012:role/not-there" }

func (c *contractSubject) Spec(identity, account string) []byte {
	return fmt.Appendf(nil, `{"awsIamRole":%q,"serviceAccounts":[%q]}`, identity, account)
}

func (c *contractSubject) BadSpecs() []plugintest.BadSpec {
	with := func(member string) string {
		return `{"awsIamRole":"arn:aws:iam::123456789012:role/r",` + member + `}`
	}
	return []plugintest.BadSpec{
		{Field: "awsIamRole", Spec: `{}`},
		{Field: "awsIamRole", Spec: ``},
		{Field: "awsIamRole", Spec: `{"awsIamRole":"alice"}`},
		{Field: "awsIamRole", Spec: `{"awsIamRole":7}`},
		{Field: "AwsIamRole", Spec: with(`"AwsIamRole":"arn:aws:iam::123456789012:role/other"`)},
		{Field: "annotateOnly", Spec: with(`"annotateOnly":"yes"`)},
		{Field: "serviceAccounts", Spec: with(`"serviceAccounts":["Not_A_Name"]`)},
		{Field: "audience", Spec: with(`"audience":"*"`)},
		{Field: "tokenExpirationSeconds", Spec: with(`"tokenExpirationSeconds":1`)},
		{Field: "stsRegionalEndpoints", Spec: with(`"stsRegionalEndpoints":"regional"`)},
	}
}

func (c *contractSubject) History(identity string) []plugintest.State {
	var states []plugintest.State
	for _, version := range c.server.History(roleName(identity)) {
		states = append(states, policyState{c.server, version.Policy})
	}
	if len(states) == 0 {
		states = append(states, policyState{c.server, ""})
	}
	return states
}

// roleName is what stands behind the last slash.
func roleName(identity string) string { return identity[strings.LastIndex(identity, "/")+1:] }

// policyState is a trust policy, empty once the role is gone.
type policyState struct {
	server *iamsts.Server
	policy string
}

func (s policyState) Admits(p plugintest.Pod) bool {
	issuer := testIssuer
	if p.Elsewhere {
		issuer = otherIssuer
	}
	return s.policy != "" &&
		s.server.PolicyAdmits(s.policy, issuer, "system:serviceaccount:"+p.Profile+":"+p.ServiceAccount, "sts.amazonaws.com")
}

// Foreign is the policy without the statements that have a Sid of ours.
func (s policyState) Foreign() string {
	var document struct {
		Version, ID string
		Statement   []json.RawMessage
	}
	if json.Unmarshal([]byte(s.policy), &document) != nil {
		return s.policy
	}
	text := document.Version + document.ID
	for _, raw := range document.Statement {
		var statement struct{ Sid string }
		if json.Unmarshal(raw, &statement) != nil || !strings.HasPrefix(statement.Sid, "KubeflowProfiles") {
			text += "\n" + string(raw)
		}
	}
	return text
}
