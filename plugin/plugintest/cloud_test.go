package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// memberCloud is a cloud in which an identity is a list of members. PUT and DELETE of
// /identity/member change it, GET tells whether the member is in it.
type memberCloud struct {
	url string
	// flaw is what the plugin does wrong.
	flaw string

	mu     sync.Mutex
	states map[string][]members
	// latest is the identity that each member was put into last.
	latest map[string]string
	words  int
}

// members are those of one state; nil when the identity is gone.
type members []string

func (m members) Admits(p Pod) bool {
	return slices.Contains(m, memberName(p)) || slices.Contains(m, "everybody") && !p.Elsewhere
}

func (m members) Foreign() string {
	return strings.Join(slices.DeleteFunc(slices.Clone(m), func(s string) bool { return !strings.HasPrefix(s, "elsewhere.") }), " ")
}

func memberName(p Pod) string {
	if p.Elsewhere {
		return "elsewhere." + p.Profile + "." + p.ServiceAccount
	}
	return p.Profile + "." + p.ServiceAccount
}

func newMemberCloud(t *testing.T, flaw string) *memberCloud {
	t.Helper()
	c := &memberCloud{flaw: flaw, states: map[string][]members{}, latest: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *memberCloud) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	identity, member, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	history := c.states[identity]
	if len(history) == 0 || history[len(history)-1] == nil {
		w.WriteHeader(http.StatusGone)
		return
	}
	now := slices.Clone(history[len(history)-1])
	there := slices.Contains(now, member)
	switch r.Method {
	case http.MethodPut:
		c.states[identity] = append(history, append(now, member))
		c.latest[member] = identity
	case http.MethodDelete:
		c.states[identity] = append(history, slices.DeleteFunc(now, func(m string) bool { return m == member || member == "all" }))
	}
	if !there {
		w.WriteHeader(http.StatusNotFound)
	}
}

func (c *memberCloud) New(_ plugin.Host, outside http.RoundTripper) (plugin.Plugin, error) {
	return &memberPlugin{cloud: c, client: &http.Client{Transport: outside}, done: map[string]bool{}, verified: map[string]time.Time{}}, nil
}

func (c *memberCloud) NewIdentity() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := fmt.Sprintf("identity-%d", len(c.states))
	c.states[name] = []members{{memberName(Stranger), "elsewhere.x.y"}}
	return name, nil
}

func (c *memberCloud) RemoveIdentity(identity string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states[identity] = append(c.states[identity], nil)
	return nil
}

func (c *memberCloud) Missing() string { return "missing" }

func (c *memberCloud) Spec(identity, account string) []byte {
	return fmt.Appendf(nil, `{"identity":%q,"account":%q}`, identity, account)
}

func (c *memberCloud) BadSpecs() []BadSpec { return []BadSpec{{"identity", `{"account":"x"}`}} }

func (c *memberCloud) History(identity string) []State {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []State
	for _, state := range c.states[identity] {
		all = append(all, state)
	}
	if len(all) == 0 {
		all = append(all, members(nil))
	}
	return all
}

// latestOf is the identity that a member was put into last, or empty.
func (c *memberCloud) latestOf(member string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.latest[member]
}

// memberPlugin is a plugin for memberCloud, right but for the flaw.
type memberPlugin struct {
	cloud  *memberCloud
	client *http.Client
	done   map[string]bool
	// verified is when a member was last seen in an identity.
	verified map[string]time.Time
	mu       sync.Mutex
}

const memberSettings = `{"a":1,"b":2}`

func (p *memberPlugin) Kind() string { return "Member" }

func (p *memberPlugin) flaw(name string) bool { return p.cloud.flaw == name }

func (p *memberPlugin) Plan(ctx context.Context, profile string, spec []byte) ([]plugin.Binding, error) {
	var s struct{ Identity, Account string }
	decoder := json.NewDecoder(strings.NewReader(string(spec)))
	if !p.flaw("skips unknown fields") {
		decoder.DisallowUnknownFields()
	}
	err := decoder.Decode(&s)
	if field, unknown := strings.CutPrefix(fmt.Sprint(err), "json: unknown field "); unknown {
		return nil, plugin.InvalidSpec(strings.Trim(field, `"`), "no such field")
	}
	if err != nil || decoder.More() || string(spec) == "null" {
		return nil, plugin.InvalidSpec("spec", "cannot be read")
	}
	if s.Identity == "" && p.flaw("does not name the field") {
		return nil, plugin.InvalidSpec("spec", "is wrong")
	}
	if s.Identity == "" && p.flaw("has errors of its own") {
		return nil, errors.New("identity: is missing")
	}
	if s.Identity == "" {
		return nil, plugin.InvalidSpec("identity", "is missing")
	}
	b := plugin.Binding{ServiceAccount: s.Account, Identity: s.Identity, Settings: memberSettings}
	if p.flaw("applies when it plans") {
		_, err = p.call(ctx, http.MethodPut, s.Identity, profile+"."+s.Account)
	}
	return []plugin.Binding{b}, err
}

// call returns the status of the answer.
func (p *memberPlugin) call(ctx context.Context, method, identity, member string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.cloud.url+"/"+identity+"/"+member, nil)
	if err != nil {
		return 0, err
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

func (p *memberPlugin) Probe(ctx context.Context, profile string, b plugin.Binding) error {
	if p.flaw("applies when it probes") {
		return p.Apply(ctx, profile, b)
	}
	status, err := p.call(ctx, http.MethodGet, b.Identity, profile+"."+b.ServiceAccount)
	if err == nil && (status == http.StatusGone || p.flaw("sees nothing when it probes")) {
		message := "There is no such identity."
		if p.flaw("has other words when it probes") {
			message = "Nothing was found."
		}
		return &plugin.Error{Kind: plugin.Refused, Reason: "Gone", Message: message}
	}
	return err
}

func (p *memberPlugin) Apply(ctx context.Context, profile string, b plugin.Binding) error {
	member := profile + "." + b.ServiceAccount
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flaw("says so before it is done") && p.done[member] {
		return nil
	}
	p.done[member] = true
	if p.flaw("believes in what it replaced itself") {
		if there := b.Identity + "/" + member; p.done[there] {
			return nil
		} else if p.done[there] = true; p.cloud.latestOf(member) != b.Identity {
			_, _ = p.call(ctx, http.MethodDelete, p.cloud.latestOf(member), member)
		}
	}
	status, err := p.call(ctx, http.MethodGet, b.Identity, member)
	if err != nil {
		return err
	}
	if status == http.StatusGone {
		p.cloud.words++
		message := "There is no such identity."
		if p.flaw("counts in its messages") {
			message += fmt.Sprint(p.cloud.words)
		}
		return &plugin.Error{Kind: plugin.Refused, Reason: "Gone", Message: message}
	}
	p.verified[b.Identity+"/"+member] = time.Now()
	if status == http.StatusOK && !p.flaw("writes every time") || p.flaw("does nothing") {
		return nil
	}
	if p.flaw("opens for a moment") {
		_, _ = p.call(ctx, http.MethodPut, b.Identity, "everybody")
		defer func() { _, _ = p.call(ctx, http.MethodDelete, b.Identity, "everybody") }()
	}
	if p.flaw("clears the table first") {
		_, _ = p.call(ctx, http.MethodDelete, b.Identity, "all")
	}
	_, err = p.call(ctx, http.MethodPut, b.Identity, member)
	return err
}

func (p *memberPlugin) Check(ctx context.Context, profile string, b plugin.Binding) (time.Duration, error) {
	if p.flaw("breaks what it checks") {
		_, _ = p.call(ctx, http.MethodDelete, b.Identity, profile+"."+b.ServiceAccount)
	}
	return time.Hour, nil
}

func (p *memberPlugin) Verified(profile string, b plugin.Binding) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flaw("verifies by the clock") {
		return time.Now()
	}
	return p.verified[b.Identity+"/"+profile+"."+b.ServiceAccount]
}

func (p *memberPlugin) Revoke(ctx context.Context, profile string, b plugin.Binding) error {
	if p.flaw("compares settings by their bytes") && b.Settings != memberSettings {
		return &plugin.Error{Kind: plugin.Refused, Reason: "Settings", Message: "These are other settings."}
	}
	member := profile + "." + b.ServiceAccount
	if !p.flaw("remembers too long") {
		p.mu.Lock()
		delete(p.verified, b.Identity+"/"+member)
		p.mu.Unlock()
	}
	if p.flaw("takes all with it") {
		member = "all"
	}
	if p.flaw("takes back by the account alone") || p.flaw("loses at a restart whose the account is") && !p.done[member] {
		_, _ = p.call(ctx, http.MethodDelete, p.cloud.latestOf(member), member)
	}
	if status, err := p.call(ctx, http.MethodGet, b.Identity, member); err != nil || status == http.StatusNotFound && member != "all" {
		return err
	}
	status, err := p.call(ctx, http.MethodDelete, b.Identity, member)
	switch {
	case err != nil && p.flaw("gives up when it is cut off"):
		return &plugin.Error{Kind: plugin.Refused, Reason: "Lost", Message: "The answer was lost."}
	case err == nil && status == http.StatusGone && p.flaw("misses what is gone"):
		return &plugin.Error{Kind: plugin.Refused, Reason: "Gone", Message: "There is no such identity."}
	}
	return err
}
