package access

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// SweepReport counts what a sweep did.
type SweepReport struct {
	// Created counts grants that were completed.
	Created int
	// Rewritten counts policies that were brought up to date, for example after the user
	// header or a principal changed in the configuration.
	Rewritten int
	// Removed counts revocations that were completed.
	Removed int
}

// pageSize keeps the answers of the API server, and so the memory that a sweep takes,
// small.
const pageSize = 500

// Sweep does one round over all namespaces that are or were a Profile's and heals the
// half-made pairs there. When there is nothing to heal it costs one paged list of policies
// and no write. What fails is reported together, after all else was done.
func (k *Keeper) Sweep(ctx context.Context) (SweepReport, error) {
	var report SweepReport
	suspects, err := k.suspects(ctx)
	if err != nil {
		return report, err
	}
	var failures []error
	for _, namespace := range slices.Sorted(maps.Keys(suspects)) {
		if ctx.Err() != nil {
			return report, errors.Join(append(failures, ctx.Err())...)
		}
		if k.Index.Standing(namespace) == Unowned {
			continue
		}
		if err := k.heal(ctx, namespace, &report); err != nil {
			failures = append(failures, fmt.Errorf("namespace %s: %w", namespace, err))
		}
	}
	return report, errors.Join(failures...)
}

// suspects returns the namespaces in which something may have to be done. What the Index
// knows may be a moment old, so each is looked at closely before anything is.
func (k *Keeper) suspects(ctx context.Context) (map[string]bool, error) {
	suspects := map[string]bool{}
	contributors := k.Index.contributors()
	seen := map[contributor.Contributor]bool{}
	err := k.eachPolicy(ctx, func(policy *istiov1beta1.AuthorizationPolicy) {
		c, ours := contributor.ReadPolicy(policy)
		if !ours {
			return
		}
		seen[c] = true
		source, bound := contributors[c]
		if !bound || (k.Mesh && source == Granted && outdated(policy, contributor.Policy(c, k.Settings))) {
			suspects[policy.Namespace] = true
		}
	})
	if unserved(err) {
		return nil, nil
	}
	for c, source := range contributors {
		if k.Mesh && source == Granted && !seen[c] {
			suspects[c.Namespace] = true
		}
	}
	return suspects, err
}

// contributors returns all contributors of namespaces that are or were a Profile's, and where
// they come from; one who is both declared and granted counts as declared. The owner is
// none of them.
func (x *Index) contributors() map[contributor.Contributor]Source {
	x.mu.RLock()
	defer x.mu.RUnlock()
	all := map[contributor.Contributor]Source{}
	for _, r := range x.rooms {
		if r.standing() == Unowned {
			continue
		}
		for _, b := range r.bindings {
			if b.Source != Owner {
				all[b.Contributor] = max(all[b.Contributor], b.Source)
			}
		}
	}
	return all
}

func (k *Keeper) eachPolicy(ctx context.Context, do func(*istiov1beta1.AuthorizationPolicy)) error {
	next := ""
	for {
		var page istiov1beta1.AuthorizationPolicyList
		if err := k.Client.List(ctx, &page, client.Limit(pageSize), client.Continue(next)); err != nil {
			return fmt.Errorf("list AuthorizationPolicies: %w", err)
		}
		for _, policy := range page.Items {
			do(policy)
		}
		if next = page.Continue; next == "" {
			return nil
		}
	}
}

// heal brings one namespace in line.
func (k *Keeper) heal(ctx context.Context, namespace string, report *SweepReport) error {
	defer k.lock(namespace)()
	steps, err := k.policySteps(ctx, namespace)
	if err != nil {
		return err
	}
	var failures []error
	for _, s := range steps {
		err := k.perform(ctx, s)
		switch {
		case leaving(err):
			continue
		case err != nil:
			failures = append(failures, err)
			continue
		}
		switch s.verb {
		case create:
			report.Created++
		case rewrite:
			report.Rewritten++
		case remove:
			report.Removed++
		}
	}
	return errors.Join(failures...)
}

// leaving tells whether a write failed because the namespace, or Istio, is gone or going:
// there is nothing left to heal then.
func leaving(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
