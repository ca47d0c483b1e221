package vault

import (
	"context"
)

// hold returns nil once the role was seen to say what it should.
func (p *Plugin) hold(ctx context.Context, t target) error {
	policy := t.role.Policies[0]
	switch there, err := p.vault.hasPolicy(ctx, policy); {
	case err != nil:
		return err
	case !there:
		return noSuchPolicy(policy)
	}
	switch found, there, err := p.vault.readRole(ctx, t); {
	case err != nil:
		return err
	case there && found.is(t.role):
		return nil
	case there && !found.ours(t.role):
		return notOurs(t)
	}
	if err := p.vault.writeRole(ctx, t); err != nil {
		return err
	}
	switch found, there, err := p.vault.readRole(ctx, t); {
	case err != nil:
		return err
	case !there || !found.is(t.role):
		return notSeen(t, "does not show yet what was written")
	default:
		return nil
	}
}

// release returns nil once the role was seen to be gone, or to be another binding's, or to
// give the account nothing. It does not ask for the policy, which may be gone by now.
func (p *Plugin) release(ctx context.Context, t target) error {
	switch found, there, err := p.vault.readRole(ctx, t); {
	case err != nil:
		return err
	case !there || !found.grants(t.role):
		return nil
	case !found.ours(t.role):
		return stillGranted(t)
	}
	if err := p.vault.deleteRole(ctx, t); err != nil {
		return err
	}
	switch _, there, err := p.vault.readRole(ctx, t); {
	case err != nil:
		return err
	case there:
		return notSeen(t, "is still shown after it was deleted")
	default:
		return nil
	}
}
