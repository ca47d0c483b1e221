package chart

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

var update = flag.Bool("update", false, "write the golden files anew")

// components are the chart's values for components of config.
var components = map[string]map[string]any{
	"network-policy":                    {"networkPolicy": map[string]any{"enabled": true}},
	"prometheus":                        {"prometheus": map[string]any{"enabled": true}},
	"prometheus-without-authentication": {"prometheus": map[string]any{"enabled": true, "authentication": false}},
	"prometheus-rules":                  {"prometheus": map[string]any{"rules": true}},
	"grafana-dashboard":                 {"grafana": map[string]any{"dashboard": true}},
	"without-mesh":                      {"mesh": "none"},
}

func TestTheChartMakesWhatTheOverlaysMake(t *testing.T) {
	installations := manifests.Overlays()
	installations = append(installations, installations[0].With("prometheus-without-authentication", "without-mesh"))
	for _, i := range manifests.Overlays() {
		installations = append(installations, i.With("network-policy", "prometheus", "prometheus-rules", "grafana-dashboard"),
			i.With("prometheus-without-authentication"))
	}
	for _, i := range installations {
		t.Run(i.Name(), func(t *testing.T) {
			want, err := i.Render(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			values := read(t, valuesFiles[i.Overlay]...)
			for _, component := range i.Components {
				values = loader.MergeMaps(values, components[component])
			}
			got, err := render(i.Namespace, values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(normal(t, want), normal(t, got)); diff != "" {
				t.Errorf("kustomize makes -, the chart makes +:\n%s", diff)
			}
		})
	}
}

// Only where others are trusted does the chart tell the access API whom.
func TestTheUsualPrincipalsAreThoseOfTheProgram(t *testing.T) {
	got := read(t, "values.yaml")["istio"].(map[string]any)["principals"]
	var want []any
	for _, principal := range caller.DefaultTrustedPrincipals() {
		want = append(want, principal)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("istio.principals (-want +got):\n%s", diff)
	}
}

// With values that no overlay has, next to what a reader of the chart would want to see.
func TestGoldens(t *testing.T) {
	for _, name := range []string{"aws", "controller-alone", "other-mesh"} {
		t.Run(name, func(t *testing.T) {
			objects, err := render("profiles-system", readFile(t, filepath.Join("testdata", name+".values.yaml")))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := objects.Deployment(); err != nil {
				t.Fatal(err)
			}
			text := goldenOf(t, objects)
			golden := filepath.Join("testdata", name+".golden.yaml")
			if *update {
				if err := os.WriteFile(golden, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(contents(t, golden)), string(text)); diff != "" {
				t.Errorf("%s (-want +got); if this is meant: go test ./chart -update\n%s", golden, diff)
			}
		})
	}
}

// goldenOf names the objects, and shows those that are not compared with an overlay's.
func goldenOf(t *testing.T, objects manifests.Objects) []byte {
	t.Helper()
	var names, text bytes.Buffer
	for _, o := range objects {
		fmt.Fprintf(&names, "# %s %s\n", o.GetKind(), o.GetName())
		if !slices.Contains([]string{"Deployment", "ConfigMap", "ServiceAccount", "NetworkPolicy", "AuthorizationPolicy"}, o.GetKind()) {
			continue
		}
		document, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString("---\n" + string(document))
	}
	return append(names.Bytes(), text.Bytes()...)
}

// What is the same in both is copied, so that nobody maintains it twice.
func TestTheFilesOfTheChartAreThoseOfConfig(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(filepath.Join(folder, "files"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		seen++
		name, err := filepath.Rel(filepath.Join(folder, "files"), path)
		if err != nil {
			return err
		}
		if !bytes.Equal(contents(t, path), contents(t, filepath.Join("../../../config", name))) {
			t.Errorf("%s differs from config/%s; run make chart-files", path, name)
		}
		return nil
	})
	if err != nil || seen < 10 {
		t.Errorf("%d files: %v", seen, err)
	}
}

// What is still to be done depends on the values.
func TestTheNotesSayWhatIsLeftToDo(t *testing.T) {
	const mesh, caller = "set mesh=none", "The access API refuses everybody"
	for values, want := range map[string]map[string]bool{
		`{}`:                       {mesh: true, caller: true},
		`{istio: {enabled: true}}`: {mesh: true, caller: false},
		`{mesh: none}`:             {mesh: false, caller: true},
		`{mesh: none, accessAPI: {extraArgs: [-accept-service-accounts]}}`: {mesh: false, caller: false},
		`{accessAPI: {enabled: false}}`:                                    {mesh: true, caller: false},
	} {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(values), &v); err != nil {
			t.Fatal(err)
		}
		files, err := renderFiles("profiles-system", v)
		if err != nil {
			t.Fatal(err)
		}
		notes := files["kfprofiles/templates/NOTES.txt"]
		want["kubectl profile doctor"] = true
		for text, says := range want {
			if strings.Contains(notes, text) != says {
				t.Errorf("with %s, that they say %q is %t, want %t:\n%s", values, text, !says, says, notes)
			}
		}
	}
}

// TestValuesAtTheEdge has lists that are empty, and values that a release from before them reuses.
func TestValuesAtTheEdge(t *testing.T) {
	deployment := func(values string) (*appsv1.Deployment, []string) {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(values), &v); err != nil {
			t.Fatal(err)
		}
		objects, err := render("profiles-system", v)
		if err != nil {
			t.Fatal(err)
		}
		d, err := objects.Deployment()
		if err != nil {
			t.Fatal(err)
		}
		return d, d.Spec.Template.Spec.Containers[1].Args
	}
	if _, arguments := deployment(`{istio: {dashboardPrincipals: []}}`); !slices.Contains(arguments, "-dashboard-principals=") {
		t.Errorf("nobody is to register users without naming one, and the access API gets %q", arguments)
	}
	unknown, arguments := deployment(`{image: {digest: null}, mesh: null, topologySpreadConstraints: null, istio: {dashboardPrincipals: null}}`)
	usual, known := deployment(`{}`)
	if diff := cmp.Diff(usual.Spec, unknown.Spec); diff != "" || !slices.Equal(arguments, known) {
		t.Errorf("values that are not there (-want +got):\n%s", diff)
	}
	own, _ := deployment(`{topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: x}}}, {topologyKey: rack, maxSkew: 2, whenUnsatisfiable: DoNotSchedule}]}`)
	constraints := own.Spec.Template.Spec.TopologySpreadConstraints
	if diff := cmp.Diff(map[string]string{"app": "x"}, constraints[0].LabelSelector.MatchLabels); diff != "" {
		t.Errorf("a selector of one's own (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(own.Spec.Selector, constraints[1].LabelSelector); diff != "" || constraints[1].TopologyKey != "rack" || constraints[1].MaxSkew != 2 {
		t.Errorf("without one it is %+v", constraints[1])
	}
}

func TestHelmLintHasNothingToSay(t *testing.T) {
	for name, files := range valuesFiles {
		result := lint.RunAll(folder, read(t, files...), "profiles-system")
		for _, m := range result.Messages {
			// An icon is for catalogs.
			if m.Severity > support.InfoSev {
				t.Errorf("%s: %s", name, m.Error())
			}
		}
		if result.ChartDir == "" {
			t.Error("nothing was looked at")
		}
	}
}

func TestWrongValuesAreRefusedByTheirName(t *testing.T) {
	for values, complaint := range map[string]string{
		`{replica: 3}`:                                                  "additional properties 'replica' not allowed",
		`{replicas: "2"}`:                                               "/replicas",
		`{userIDHeader: ""}`:                                            "/userIDHeader",
		`{userIDHeader: "kubeflow userid"}`:                             "/userIDHeader",
		`{admins: ["a@example.com,b@example.com"]}`:                     "/admins/0",
		`{admins: a@example.com}`:                                       "/admins",
		`{namespaceLabels: {pipelines.kubeflow.org/enabled: true}}`:     "/namespaceLabels",
		`{controller: {extraArgs: ["aws-require-role-tag"]}}`:           "/controller/extraArgs/0",
		`{controller: {resources: {limits: {cpu: "1", memory: null}}}}`: "/controller/resources/limits",
		`{istio: {principals: []}}`:                                     "/istio/principals",
		`{istio: {dashboardPrincipals: ["a,b"]}}`:                       "/istio/dashboardPrincipals/0",
		`{mesh: linkerd}`:                                               "/mesh",
		`{mesh: none, istio: {enabled: true}}`:                          "Leave one of the two out",
		`{image: {tag: ""}}`:                                            "/image/tag",
		`{image: {digest: "0123"}}`:                                     "/image/digest",
		`{extraVolumes: {name: ca}}`:                                    "/extraVolumes",
		`{prometheus: {rule: true}}`:                                    "/prometheus",
	} {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(values), &v); err != nil {
			t.Fatal(err)
		}
		if _, err := render("profiles-system", v); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s is answered with %v, want a complaint with %q", values, err, complaint)
		}
	}
}
