package vault

import (
	"context"
	"net/http"
	"strings"
	"time"

	"k8s.io/utils/keymutex"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Kind is the name of the plugin in Profiles.
const Kind = "VaultKubernetesRole"

// Plugin is the identity plugin VaultKubernetesRole.
type Plugin struct {
	options  Options
	vault    *client
	schedule *schedule
	// roles has a lock for each role, or for a few.
	roles keymutex.KeyMutex
}

// New returns the plugin, without calling Vault. The options must have passed Check. It is
// an error when the file of certificate authorities cannot be used.
func New(o Options) (*Plugin, error) {
	transport, err := newTransport(o.CAFile)
	if err != nil {
		return nil, err
	}
	return newPlugin(o, transport, time.Now), nil
}

// locks is how many roles are worked on at the same time at most.
const locks = 64

func newPlugin(o Options, transport http.RoundTripper, now func() time.Time) *Plugin {
	return &Plugin{options: o, vault: newClient(o, transport), schedule: newSchedule(o.CheckInterval, now), roles: keymutex.NewHashed(locks)}
}

// Kind returns VaultKubernetesRole.
func (p *Plugin) Kind() string { return Kind }

// Plan reads a Spec. It does not call Vault: whether the policy exists is for Apply to find,
// since it may be made any moment.
func (p *Plugin) Plan(_ context.Context, profile string, spec []byte) ([]plugin.Binding, error) {
	s, err := readSpec(spec)
	if err != nil {
		return nil, err
	}
	if prefix := p.options.PolicyPrefix; !strings.HasPrefix(s.Policy, prefix) {
		return nil, plugin.InvalidSpec("policy", "%q is not for Profiles: this controller gives only policies whose names begin with %s (-vault-policy-prefix)", s.Policy, prefix)
	}
	return p.options.bindings(profile, s)
}

// Probe looks whether Vault shows us the role, which need not be there.
func (p *Plugin) Probe(ctx context.Context, profile string, b plugin.Binding) error {
	t, err := p.options.targetOf(profile, b)
	if err != nil {
		return err
	}
	found, there, err := p.vault.readRole(ctx, t)
	if err == nil && there && !found.ours(t.role) {
		return notOurs(t)
	}
	return err
}

// Apply sees to it that the account has its role.
func (p *Plugin) Apply(ctx context.Context, profile string, b plugin.Binding) error {
	return p.locked(profile, b, func(t target) error {
		if err := p.hold(ctx, t); err != nil {
			return err
		}
		p.schedule.looked(t.path(), b.Identity)
		return nil
	})
}

// Check does as Apply does once in a while, and otherwise nothing.
func (p *Plugin) Check(ctx context.Context, profile string, b plugin.Binding) (time.Duration, error) {
	t, err := p.options.targetOf(profile, b)
	if err != nil {
		return 0, err
	}
	if wait := p.schedule.wait(t.path()); wait > 0 {
		return wait, nil
	}
	if err := p.Apply(ctx, profile, b); err != nil {
		return 0, err
	}
	return p.options.CheckInterval, nil
}

// Verified is when the role was last seen to be right.
func (p *Plugin) Verified(profile string, b plugin.Binding) time.Time {
	t, err := p.options.targetOf(profile, b)
	if err != nil {
		return time.Time{}
	}
	return p.schedule.seenAt(t.path(), b.Identity)
}

// Revoke deletes the role, unless it has become that of another binding. Whoever else is
// bound to this role then had better look.
func (p *Plugin) Revoke(ctx context.Context, profile string, b plugin.Binding) error {
	return p.locked(profile, b, func(t target) error {
		p.schedule.doubt(t.path())
		return p.release(ctx, t)
	})
}

// locked does something about a binding's role while nobody else does.
func (p *Plugin) locked(profile string, b plugin.Binding, do func(target) error) error {
	t, err := p.options.targetOf(profile, b)
	if err != nil {
		return err
	}
	p.roles.LockKey(t.path())
	defer func() { _ = p.roles.UnlockKey(t.path()) }() // It fails only for a key that is not locked.
	return do(t)
}
