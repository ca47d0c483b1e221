package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// identityStep speaks for the plugins. This controller has none built in yet, so each
// kind that a Profile names is reported; it is never skipped in silence.
func (r *Reconciler) identityStep(_ context.Context, s *situation) result {
	res := result{condition: profilev1.ConditionIdentityReady, reason: profilev1.ReasonNoPlugins,
		message: "The Profile names no plugins."}
	kinds := slices.Clone(r.DefaultPlugins)
	for _, plugin := range s.profile.Spec.Plugins {
		kinds = append(kinds, plugin.Kind)
	}
	if len(kinds) == 0 {
		return res
	}
	slices.Sort(kinds)
	res.failure = &failure{kind: refused, reason: profilev1.ReasonUnknownPlugin, message: fmt.Sprintf(
		"This controller has no plugin for %q; nothing was bound. Correct spec.plugins, or run a controller that has the plugin.",
		strings.Join(slices.Compact(kinds), ", "))}
	return res
}
