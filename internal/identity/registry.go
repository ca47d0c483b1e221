package identity

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Registry holds the plugins that a controller was built with. The zero value has none.
type Registry struct {
	plugins map[string]plugin.Plugin
}

// NewRegistry returns a registry of the plugins. Two of the same kind are an error.
func NewRegistry(plugins ...plugin.Plugin) (Registry, error) {
	r := Registry{plugins: map[string]plugin.Plugin{}}
	for _, p := range plugins {
		if _, taken := r.plugins[p.Kind()]; taken {
			return Registry{}, fmt.Errorf("two plugins have the kind %q; register one of them", p.Kind())
		}
		r.plugins[p.Kind()] = p
	}
	return r, nil
}

// Get returns the plugin of a kind.
func (r Registry) Get(kind string) (plugin.Plugin, bool) {
	p, ok := r.plugins[kind]
	return p, ok
}

// Kinds lists the kinds in alphabetical order.
func (r Registry) Kinds() []string { return slices.Sorted(maps.Keys(r.plugins)) }

// Runners lists the plugins that work in the background.
func (r Registry) Runners() []plugin.Runner {
	var runners []plugin.Runner
	for _, kind := range r.Kinds() {
		if runner, ok := r.plugins[kind].(plugin.Runner); ok {
			runners = append(runners, runner)
		}
	}
	return runners
}
