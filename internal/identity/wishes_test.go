package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// asking is a Profile with entries of spec.plugins, each written KIND or KIND=SPEC.
func asking(entries ...string) *profilev1.Profile {
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}
	for _, text := range entries {
		kind, spec, has := strings.Cut(text, "=")
		asked := profilev1.Plugin{Kind: kind}
		if has {
			asked.Spec = &runtime.RawExtension{Raw: []byte(spec)}
		}
		p.Spec.Plugins = append(p.Spec.Plugins, asked)
	}
	return p
}

// planned plans what the spec says word for word.
func planned(_ string, spec []byte) ([]plugin.Binding, error) {
	var all []plugin.Binding
	err := json.Unmarshal(spec, &all)
	return all, err
}

// picky is a plugin whose accounts must not have the annotation that Cloud's have.
type picky struct{ stub }

func (picky) Excludes() []string { return []string{"Cloud"} }

func TestEntriesOfPluginsThatExcludeEachOther(t *testing.T) {
	const conflict = "the service account default-editor is bound to %s by another entry, and can be bound once. Remove one of the two entries, or name other serviceAccounts in it."
	for name, test := range map[string]struct {
		fallback          string
		asks              []string
		entries, failures []string
		unclear           []string
	}{
		"the excluding one second":      {"", []string{"Cloud=A", "Picky=B"}, []string{"Cloud A"}, []string{fmt.Sprintf("spec.plugins[1].spec: "+conflict, "A")}, []string{"Picky"}},
		"the excluding one first":       {"", []string{"Picky=B", "Cloud=A"}, []string{"Picky B"}, []string{fmt.Sprintf("spec.plugins[1].spec: "+conflict, "B")}, []string{"Cloud"}},
		"another plugin beside it":      {"", []string{"Picky=B", "Other=C"}, []string{"Picky B", "Other C"}, nil, nil},
		"a default yields to it":        {"given", []string{"Picky=B"}, []string{"Picky B"}, nil, nil},
		"a default waits for a bad one": {"given", []string{"Picky=bad"}, nil, []string{"spec.plugins[0].spec: role: is bad"}, []string{"Picky", "Cloud"}},
		"a default beside another bad":  {"given", []string{"Other=bad"}, []string{"Cloud given-alice"}, []string{"spec.plugins[0].spec: role: is bad"}, []string{"Other"}},
		"a default alone":               {"given", nil, []string{"Cloud given-alice"}, nil, nil},
	} {
		registry, err := NewRegistry(stub{kind: "Cloud", fallback: test.fallback}, picky{stub{kind: "Picky"}}, stub{kind: "Other"})
		if err != nil {
			t.Fatal(err)
		}
		got := registry.Wishes(t.Context(), asking(test.asks...))
		var entries, failures []string
		for _, e := range got.Entries {
			entries = append(entries, e.Plugin+" "+e.Identity)
		}
		for _, err := range got.Failures {
			failures = append(failures, plugin.AsError(err).Message)
		}
		if !cmp.Equal(entries, test.entries) || !cmp.Equal(failures, test.failures) || !cmp.Equal(got.Unclear, test.unclear) {
			t.Errorf("%s: got %q, %q and unclear %q", name, entries, failures, got.Unclear)
		}
	}
}

func TestWishes(t *testing.T) {
	refusing := func(_ string, spec []byte) ([]plugin.Binding, error) {
		if strings.HasPrefix(string(spec), "bad") {
			return []plugin.Binding{{ServiceAccount: "x"}}, plugin.InvalidSpec("field", "%q is bad", spec)
		}
		if string(spec) == "away" {
			return nil, errors.New("connection refused, port 4711")
		}
		return []plugin.Binding{{ServiceAccount: "default-editor", Identity: string(spec), Annotations: map[string]string{"cloud": string(spec)}}}, nil
	}
	registry, err := NewRegistry(stub{kind: "Cloud", plan: refusing}, stub{kind: "Other"}, stub{kind: "Giving", fallback: "given"}, stub{kind: "Words", plan: planned})
	if err != nil {
		t.Fatal(err)
	}
	const given = "Giving default-editor given-alice"
	const own = "Words=[]" // An entry of that kind, which asks for nothing.
	tests := map[string]struct {
		registry Registry
		asks     []string
		entries  []string
		unclear  []string
		failures []string
	}{
		"nothing":                   {registry, nil, []string{given}, nil, nil},
		"one":                       {registry, []string{"Cloud=A", own}, []string{"Cloud default-editor A", given}, nil, nil},
		"without a spec":            {registry, []string{"Other"}, []string{"Other default-editor ", given}, nil, nil},
		"a default of one's own":    {registry, []string{"Giving=B"}, []string{"Giving default-editor B"}, nil, nil},
		"two of a kind on two keys": {registry, []string{"Cloud=A", "Other=B"}, []string{"Cloud default-editor A", "Other default-editor B", given}, nil, nil},
		"twice the same":            {registry, []string{"Cloud=A", "Cloud=A"}, []string{"Cloud default-editor A", given}, nil, nil},
		"a bad one": {registry, []string{"Other=A", "Cloud=bad"}, []string{"Other default-editor A", given}, []string{"Cloud"},
			[]string{`InvalidPluginSpec: spec.plugins[1].spec: field: "bad" is bad`}},
		"two bad ones": {registry, []string{"Cloud=bad1", "Cloud=bad2", "Giving=B"}, []string{"Giving default-editor B"}, []string{"Cloud", "Cloud"},
			[]string{`InvalidPluginSpec: spec.plugins[0].spec: field: "bad1" is bad`, `InvalidPluginSpec: spec.plugins[1].spec: field: "bad2" is bad`}},
		"a bad one beside a good one": {registry, []string{"Cloud=bad", "Cloud=A"}, []string{"Cloud default-editor A", given}, []string{"Cloud"},
			[]string{`InvalidPluginSpec: spec.plugins[0].spec: field: "bad" is bad`}},
		"a passing fault": {registry, []string{"Cloud=away"}, []string{given}, []string{"Cloud"},
			[]string{"Retrying: spec.plugins[0].spec: The identity plugin failed for a passing reason; trying again. The controller's log has the details."}},
		"two that differ": {registry, []string{"Cloud=A", "Cloud=B"}, []string{"Cloud default-editor A", given}, []string{"Cloud"},
			[]string{"PluginConflict: spec.plugins[1].spec: the service account default-editor is bound to A by another entry, and can be bound once. Remove one of the two entries, or name other serviceAccounts in it."}},
		"half of an entry differs": {registry, []string{`Words=[{"ServiceAccount":"e","Identity":"A","Annotations":{"w":"A"}}]`,
			`Words=[{"ServiceAccount":"v","Identity":"B","Annotations":{"w":"B"}},{"ServiceAccount":"e","Identity":"B","Annotations":{"w":"B"}}]`},
			[]string{"Words e A", given}, []string{"Words"},
			[]string{"PluginConflict: spec.plugins[1].spec: the service account e is bound to A by another entry, and can be bound once. Remove one of the two entries, or name other serviceAccounts in it."}},
		"an unknown kind": {registry, []string{"Zebra=A", "Cloud=A", "Ant", "Zebra"}, []string{"Cloud default-editor A", given}, nil,
			[]string{`UnknownPlugin: This controller has no plugin for "Ant, Zebra"; nothing was bound for it. Correct spec.plugins, or run a controller that has the plugin.`}},
		"no plugins at all": {Registry{}, []string{"Cloud"}, nil, nil,
			[]string{`UnknownPlugin: This controller has no plugin for "Cloud"; nothing was bound for it. Correct spec.plugins, or run a controller that has the plugin.`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := test.registry.Wishes(t.Context(), asking(test.asks...))
			var entries, failures []string
			for _, e := range got.Entries {
				entries = append(entries, e.Plugin+" "+e.ServiceAccount+" "+e.Identity)
			}
			for _, err := range got.Failures {
				failures = append(failures, plugin.AsError(err).Reason+": "+plugin.AsError(err).Message)
			}
			for what, diff := range map[string]string{"entries": cmp.Diff(test.entries, entries),
				"unclear": cmp.Diff(test.unclear, got.Unclear), "failures": cmp.Diff(test.failures, failures)} {
				if diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}

func TestABadDefaultIsSaidToBeTheControllers(t *testing.T) {
	registry, err := NewRegistry(stub{kind: "Cloud", fallback: "bad", plan: func(string, []byte) ([]plugin.Binding, error) { return nil, plugin.InvalidSpec("role", "is bad") }})
	if err != nil {
		t.Fatal(err)
	}
	got := registry.Wishes(t.Context(), asking())
	if len(got.Failures) != 1 || plugin.AsError(got.Failures[0]).Message != "the default of this controller for Cloud: role: is bad" {
		t.Errorf("failures are %v", got.Failures)
	}
}

func TestLocatingAFailureLeavesThePluginsErrorAlone(t *testing.T) {
	shared := plugin.InvalidSpec("role", "is bad")
	registry, err := NewRegistry(stub{kind: "Cloud", plan: func(string, []byte) ([]plugin.Binding, error) { return nil, shared }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		registry.Wishes(t.Context(), asking("Cloud=x"))
	}
	if shared.Message != "role: is bad" {
		t.Errorf("the plugin's own error now says %q", shared.Message)
	}
}

func TestTheRegistry(t *testing.T) {
	if _, err := NewRegistry(stub{kind: "Cloud"}, stub{kind: "Other"}, stub{kind: "Cloud"}); err == nil || !strings.Contains(err.Error(), `"Cloud"`) {
		t.Errorf("two plugins of a kind are answered with %v", err)
	}
	registry, err := NewRegistry(stub{kind: "Other"}, runner{stub{kind: "Cloud"}})
	if err != nil {
		t.Fatal(err)
	}
	if kinds := registry.Kinds(); !slices.Equal(kinds, []string{"Cloud", "Other"}) {
		t.Errorf("kinds are %v", kinds)
	}
	if _, has := registry.Get("Cloud"); !has || len(registry.Runners()) != 1 {
		t.Errorf("Cloud is there: %t; runners are %v", has, registry.Runners())
	}
	if p, has := (Registry{}).Get("Cloud"); has || p != nil || len((Registry{}).Runners()) != 0 || len((Registry{}).Kinds()) != 0 {
		t.Error("the zero registry has plugins")
	}
}
