package awspodidentity

import (
	"context"
	"errors"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// hold makes a wish hold. The account's lock is held.
func (p *Plugin) hold(ctx context.Context, w wish, k *known) error {
	if why := p.memory.refusal(w.clusterScope(), w.roleScope()); why != nil {
		return why
	}
	x := p.begin()
	found, err := x.find(ctx, w.account)
	if err == nil && p.memory.outdated(k, found) {
		err = errOutdated
	}
	if err != nil {
		return p.refusedFor(w.clusterScope(), p.explained(w, err))
	}
	do := toHold(w, found)
	if do == leave {
		return foreign(w, *found)
	}
	if err := x.carryOut(ctx, do, w, found); err != nil {
		return p.refusedFor(w.roleScope(), p.explained(w, err))
	}
	if do != nothing {
		k.wrote(w)
	}
	p.memory.held(k, w)
	return nil
}

// carryOut makes the association what a wish asks for. The tag follows the role: what is
// refused leaves both as they were.
func (x *exchange) carryOut(ctx context.Context, do action, w wish, found *association) error {
	switch do {
	case create:
		return x.associate(ctx, w)
	case change:
		x.log.Info("changing the role of a Pod Identity association", "association", found.arn, "from", found.role, "to", w.role)
		if err := x.update(ctx, w, *found); err != nil || found.tags[TagBinding] == w.mark() {
			return err
		}
		return x.tag(ctx, w, *found)
	case mark:
		return x.tag(ctx, w, *found)
	default:
		return nil
	}
}

// takeBack deletes what stands for a wish. The account's lock is held.
func (p *Plugin) takeBack(ctx context.Context, w wish, k *known) error {
	x := p.begin()
	found, err := x.find(ctx, w.account)
	switch {
	case err != nil:
		return err
	case p.memory.outdated(k, found):
		return errOutdated
	case toTakeBack(w, found) != remove:
		return nil
	}
	err = x.disassociate(ctx, w.account, *found)
	if err == nil {
		k.removed()
		p.host.Again(w.profile)
	}
	return err
}

// explained turns an error into one for people and logs it.
func (p *Plugin) explained(w wish, err error) *plugin.Error {
	why := explain(w, err)
	p.log.Info("EKS did not do what was asked", "operation", operationOf(err), "namespace", w.namespace, "serviceAccount", w.name, "reason", why.Reason, "error", err.Error())
	return why
}

// refusedFor remembers what cannot work, for all that have the scope in common.
func (p *Plugin) refusedFor(scope string, why *plugin.Error) error {
	if why.Kind == plugin.Refused && !errors.Is(why, errNotAsAsked) {
		p.memory.refuse(scope, why)
	}
	return why
}

// The scopes of a wish are what it has in common with others that cannot work for the
// same reason: the cluster, or the roles.
func (w wish) clusterScope() string { return "cluster " + w.cluster }

func (w wish) roleScope() string { return "role " + w.role + " " + w.targetRole }
