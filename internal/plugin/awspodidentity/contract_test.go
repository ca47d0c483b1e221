package awspodidentity

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestContract(t *testing.T) {
	plugintest.Run(t, newContractSubject(t))
}

// contractSubject is the plugin with the double of EKS. What one plugin has left behind is in
// no other's way, since roles that are made after it are for a new cluster. Each role is
// shared with a cluster elsewhere, whose service accounts have the same names as ours.
type contractSubject struct {
	account *iamsts.Server
	server  *eks.Server
	roles   int
	// cluster is ours now. It is taken once a plugin has been made for it.
	cluster string
	taken   bool
	// places are where each role is used.
	places map[string]place
}

// place is our cluster and the other one that use a role.
type place struct{ ours, elsewhere string }

func newContractSubject(t *testing.T) *contractSubject {
	account, server := startCloud(t, eks.Options{})
	return &contractSubject{account: account, server: server, taken: true, places: map[string]place{}}
}

func (c *contractSubject) New(host plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	c.taken = true
	config := c.server.Config()
	config.HTTPClient = &http.Client{Transport: outside}
	return New(Options{EKS: newEKS(config), Cluster: c.cluster, Host: host, Log: logr.Discard(),
		RequestsPerSecond: 10000, Timing: Timing{Drift: time.Nanosecond, Failure: time.Nanosecond}})
}

func (c *contractSubject) NewIdentity() (string, error) {
	c.roles++
	role := c.account.AddRole(fmt.Sprintf("contract-%d", c.roles), "/team/", podsPolicy, nil)
	if c.taken {
		c.cluster, c.taken = c.newCluster("ours"), false
		c.server.Associate(eks.Association{Cluster: c.cluster, Namespace: "monitoring", ServiceAccount: "agent", Role: role,
			Tags: map[string]string{TagProfile: "alice"}})
	}
	at := place{c.cluster, c.newCluster("other")}
	c.places[role] = at
	c.server.Associate(eks.Association{Cluster: at.elsewhere, Namespace: plugintest.Stranger.Profile, ServiceAccount: plugintest.Stranger.ServiceAccount, Role: role,
		Tags: map[string]string{TagProfile: plugintest.Stranger.Profile, TagManagedBy: ManagedBy}})
	return role, nil
}

func (c *contractSubject) newCluster(prefix string) string {
	name := fmt.Sprintf("%s-%d", prefix, c.roles)
	c.server.AddCluster(name, "https://oidc.example.com/id/"+name)
	return name
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

// History begins with the association elsewhere, which comes last when a role is made.
func (c *contractSubject) History(identity string) []plugintest.State {
	var states []plugintest.State
	at := c.places[identity]
	changes := c.server.Changes()
	for n, change := range changes {
		if change.Cluster == at.elsewhere || change.Cluster == at.ours && len(states) > 0 {
			states = append(states, associations{c.account, identity, at, eks.After(changes[:n+1])})
		}
	}
	return states
}

// associations are those of all clusters at one time, as far as they have to do with a role.
type associations struct {
	account *iamsts.Server
	role    string
	at      place
	all     []eks.Association
}

// Admits tells whether EKS gives pods the role.
func (s associations) Admits(p plugintest.Pod) bool {
	cluster := s.at.ours
	if p.Elsewhere {
		cluster = s.at.elsewhere
	}
	policy, exists := s.account.RoleWithARN(s.role)
	return exists && eks.TrustsPods(policy) && slices.ContainsFunc(s.all, func(a eks.Association) bool {
		return a.Cluster == cluster && a.Namespace == p.Profile && a.ServiceAccount == p.ServiceAccount && a.Role == s.role
	})
}

// Foreign are the associations elsewhere, and those of our cluster without our tags.
func (s associations) Foreign() string {
	var text strings.Builder
	for _, a := range s.all {
		if a.Cluster == s.at.elsewhere || a.Cluster == s.at.ours && a.Tags[TagManagedBy] != ManagedBy {
			fmt.Fprintf(&text, "%+v\n", a)
		}
	}
	return text.String()
}
