package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Entry is a binding and the plugin that makes it.
type Entry struct {
	// Plugin is the kind of the plugin.
	Plugin string
	plugin.Binding
}

// Wishes are what a Profile's spec asks of its plugins.
type Wishes struct {
	// Entries are the bindings asked for.
	Entries []Entry
	// Unclear are the kinds of which some entry could not be understood. Nothing of
	// theirs is taken back, because it may be just what that entry asks for.
	Unclear []string
	// Failures say what could not be understood.
	Failures []error
}

// Wishes reads the Profile's spec, and what plugins do for Profiles that do not ask.
func (r Registry) Wishes(ctx context.Context, p *profilev1.Profile) Wishes {
	var w Wishes
	var unknown []string
	for i, asked := range p.Spec.Plugins {
		known, ok := r.Get(asked.Kind)
		if !ok {
			unknown = append(unknown, asked.Kind)
			continue
		}
		var spec []byte
		if asked.Spec != nil {
			spec = asked.Spec.Raw
		}
		r.plan(ctx, &w, known, p.Name, spec, fmt.Sprintf("spec.plugins[%d].spec", i))
	}
	for _, kind := range r.Kinds() {
		defaulter, ok := r.plugins[kind].(plugin.Defaulter)
		if !ok || slices.ContainsFunc(p.Spec.Plugins, func(asked profilev1.Plugin) bool { return asked.Kind == kind }) {
			continue
		}
		if spec := defaulter.Default(p.Name); spec != nil {
			r.planDefault(ctx, &w, r.plugins[kind], p.Name, spec)
		}
	}
	if len(unknown) > 0 {
		w.Failures = append(w.Failures, unknownPlugin(unknown))
	}
	return w
}

// plan adds what one entry asks for, all of it or, when something is wrong, nothing.
func (r Registry) plan(ctx context.Context, w *Wishes, asked plugin.Plugin, profile string, spec []byte, where string) {
	entries, err := entriesOf(ctx, asked, profile, spec)
	if err == nil {
		err = r.conflict(w.Entries, entries)
	}
	w.add(asked, entries, err, where)
}

// planDefault adds what an installation has for all Profiles. It yields to entries of the
// Profile itself that want something else for the same account. While one that could not be
// understood may want that, the default is neither given nor taken back.
func (r Registry) planDefault(ctx context.Context, w *Wishes, asked plugin.Plugin, profile string, spec []byte) {
	entries, err := entriesOf(ctx, asked, profile, spec)
	if err == nil && r.conflict(w.Entries, entries) != nil {
		return
	}
	if slices.ContainsFunc(w.Unclear, func(kind string) bool { return r.mayExclude(kind, entries) }) {
		w.Unclear = append(w.Unclear, asked.Kind())
		return
	}
	w.add(asked, entries, err, "the default of this controller for "+asked.Kind())
}

func (w *Wishes) add(asked plugin.Plugin, entries []Entry, err error, where string) {
	if err != nil {
		located := *plugin.AsError(err)
		located.Message = where + ": " + located.Message
		w.Unclear = append(w.Unclear, asked.Kind())
		w.Failures = append(w.Failures, &located)
		return
	}
	for _, e := range entries {
		if !slices.ContainsFunc(w.Entries, e.equal) {
			w.Entries = append(w.Entries, e)
		}
	}
}

func entriesOf(ctx context.Context, asked plugin.Plugin, profile string, spec []byte) ([]Entry, error) {
	bindings, err := asked.Plan(ctx, profile, spec)
	var entries []Entry
	for _, b := range bindings {
		entries = append(entries, Entry{Plugin: asked.Kind(), Binding: b})
	}
	return entries, err
}

// conflict finds an account for which two entries want different things.
func (r Registry) conflict(before, added []Entry) error {
	for _, b := range before {
		for _, a := range added {
			if a.conflictsWith(b) || r.excludes(a, b) || r.excludes(b, a) {
				return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonPluginConflict, Message: fmt.Sprintf(
					"the service account %s is bound to %s by another entry, and can be bound once. Remove one of the two entries, or name other serviceAccounts in it.",
					a.ServiceAccount, b.Identity)}
			}
		}
	}
	return nil
}

// conflictsWith tells whether two entries cannot both be carried out: those of one plugin
// for the same account, unless they are one and the same, and those of different plugins
// that annotate it differently.
func (e Entry) conflictsWith(other Entry) bool {
	if e.ServiceAccount != other.ServiceAccount || e.equal(other) {
		return false
	}
	for key, value := range e.Annotations {
		if theirs, both := other.Annotations[key]; both && theirs != value {
			return true
		}
	}
	return e.Plugin == other.Plugin
}

// excludes tells whether the plugin of the first entry can do nothing for an account with the
// annotations of the second.
func (r Registry) excludes(one, other Entry) bool {
	return one.ServiceAccount == other.ServiceAccount && r.mayExclude(one.Plugin, []Entry{other})
}

// mayExclude tells whether a plugin can do nothing for the accounts of some of the entries.
func (r Registry) mayExclude(kind string, entries []Entry) bool {
	excluder, ok := r.plugins[kind].(plugin.Excluder)
	return ok && slices.ContainsFunc(entries, func(e Entry) bool {
		return slices.ContainsFunc(excluder.Excludes(), func(key string) bool { return e.Annotations[key] != "" })
	})
}

func unknownPlugin(kinds []string) error {
	slices.Sort(kinds)
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonUnknownPlugin, Message: fmt.Sprintf(
		"This controller has no plugin for %q; nothing was bound for it. Correct spec.plugins, or run a controller that has the plugin.",
		strings.Join(slices.Compact(kinds), ", "))}
}
