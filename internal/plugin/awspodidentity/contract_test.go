package awspodidentity

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestContract(t *testing.T) {
	account, server := startCloud(t, eks.Options{})
	plugintest.Run(t, &contractSubject{account: account, server: server})
}

// contractSubject is the plugin with the double of EKS. Each role has a cluster of its own,
// so that what one test leaves behind is in no other's way, and is shared with another
// cluster, whose service accounts have the same names as ours.
type contractSubject struct {
	account *iamsts.Server
	server  *eks.Server
	roles   atomic.Int64
}

func (c *contractSubject) cluster() string   { return fmt.Sprintf("ours-%d", c.roles.Load()) }
func (c *contractSubject) elsewhere() string { return fmt.Sprintf("other-%d", c.roles.Load()) }

func (c *contractSubject) New(host plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	config := c.server.Config()
	config.HTTPClient = &http.Client{Transport: outside}
	return New(Options{EKS: newEKS(config), Cluster: c.cluster(), Host: host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: Timing{Drift: time.Nanosecond, Failure: time.Nanosecond}})
}

func (c *contractSubject) NewIdentity() (string, error) {
	n := c.roles.Add(1)
	role := c.account.AddRole(fmt.Sprintf("contract-%d", n), "/team/", podsPolicy, nil)
	for _, cluster := range []string{c.cluster(), c.elsewhere()} {
		c.server.AddCluster(cluster, "https://oidc.example.com/id/"+cluster)
	}
	c.server.Associate(eks.Association{Cluster: c.elsewhere(), Namespace: plugintest.Stranger.Profile, ServiceAccount: plugintest.Stranger.ServiceAccount, Role: role,
		Tags: map[string]string{TagProfile: plugintest.Stranger.Profile, TagManagedBy: ManagedBy}})
	c.server.Associate(eks.Association{Cluster: c.cluster(), Namespace: "monitoring", ServiceAccount: "agent", Role: role,
		Tags: map[string]string{TagProfile: "alice"}})
	return role, nil
}

func (c *contractSubject) RemoveIdentity(identity string) error {
	c.account.RemoveRole(identity[strings.LastIndex(identity, "/")+1:])
	return nil
}

func (c *contractSubject) Missing() string { return "arn:aws:iam::123456789012:role/not-there" }

func (c *contractSubject) Spec(identity, account string) []byte {
	return fmt.Appendf(nil, `{"roleArn":%q,"serviceAccounts":[%q]}`, identity, account)
}

func (c *contractSubject) BadSpecs() []plugintest.BadSpec {
	with := func(member string) string {
		return `{"roleArn":"arn:aws:iam::123456789012:role/r",` + member + `}`
	}
	return []plugintest.BadSpec{
		{Field: "roleArn", Spec: `{}`},
		{Field: "roleArn", Spec: ``},
		{Field: "roleArn", Spec: `{"roleArn":"alice"}`},
		{Field: "roleArn", Spec: `{"roleArn":7}`},
		{Field: "RoleArn", Spec: with(`"RoleArn":"arn:aws:iam::123456789012:role/other"`)},
		{Field: "targetRoleArn", Spec: with(`"targetRoleArn":"arn:aws:iam::123456789012:user/u"`)},
		{Field: "targetRoleArn", Spec: with(`"targetRoleArn":"arn:aws:iam::123456789012:role/r"`)},
		{Field: "serviceAccounts", Spec: with(`"serviceAccounts":["Not_A_Name"]`)},
		{Field: "serviceAccounts", Spec: with(`"serviceAccounts":["a","a"]`)},
	}
}

func (c *contractSubject) History(identity string) []plugintest.State {
	var states []plugintest.State
	changes := c.server.Changes()
	for n, change := range changes {
		if change.Cluster == c.cluster() || change.Cluster == c.elsewhere() {
			states = append(states, c.state(identity, eks.After(changes[:n+1])))
		}
	}
	// The first state is the one with both of the associations that were there before.
	return states[1:]
}

func (c *contractSubject) state(role string, all []eks.Association) associations {
	s := associations{subject: c, role: role, ours: c.cluster(), elsewhere: c.elsewhere()}
	for _, a := range all {
		if a.Cluster == s.ours || a.Cluster == s.elsewhere {
			s.all = append(s.all, a)
		}
	}
	return s
}

// associations are those of our cluster and the other one at one time.
type associations struct {
	subject               *contractSubject
	role, ours, elsewhere string
	all                   []eks.Association
}

// Admits tells whether EKS gives pods the role.
func (s associations) Admits(p plugintest.Pod) bool {
	cluster := s.ours
	if p.Elsewhere {
		cluster = s.elsewhere
	}
	policy, exists := s.subject.account.RoleWithARN(s.role)
	return exists && eks.TrustsPods(policy) && slices.ContainsFunc(s.all, func(a eks.Association) bool {
		return a.Cluster == cluster && a.Namespace == p.Profile && a.ServiceAccount == p.ServiceAccount && a.Role == s.role
	})
}

// Foreign is all but the associations of our cluster that have our tags.
func (s associations) Foreign() string {
	var text strings.Builder
	for _, a := range s.all {
		if a.Cluster != s.ours || a.Tags[TagManagedBy] != ManagedBy {
			fmt.Fprintf(&text, "%+v\n", a)
		}
	}
	return text.String()
}
