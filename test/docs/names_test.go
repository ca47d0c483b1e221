package docs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kfprofiles/kfprofiles/internal/cli"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

var (
	// mentioned is a flag in a span of code, such as `-mesh=none` or `--dry-run`.
	mentioned = regexp.MustCompile("`(--?[a-z][a-z0-9-]{2,})(?:[= ][^`]*)?`")
	// defined is a flag in what a program says of itself.
	defined = regexp.MustCompile(`(?m)^\s+-([a-z0-9-]+)`)
)

// flagsOfOthers are those of other programs that documents speak of: tools/image, Helm, and the control
// plane, which is a module of its own.
var flagsOfOthers = []string{"-alias", "--take-ownership", "--dir", "--stop-with-parent", "--audit-log"}

// TestEveryFlagExists holds the flags that documents name against those of our programs.
func TestEveryFlagExists(t *testing.T) {
	known := ourFlags(t)
	n := 0
	for _, p := range pages(t) {
		for i, line := range p.prose() {
			for _, found := range mentioned.FindAllStringSubmatch(line, -1) {
				n++
				if !known[found[1]] {
					t.Errorf("%s:%d: none of our programs has %s", p.path, i+1, found[1])
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d flags were found in the documents", n)
	}
}

// ourFlags are the flags of our programs as people write them: those of the programs in a cluster
// with one dash or two, those of kubectl profile with two.
func ourFlags(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, program := range []string{"./cmd/profile-controller", "./cmd/kfam", "./examples/custom-plugin"} {
		for _, name := range flagsOf(t, program) {
			known["-"+name], known["--"+name] = true, true
		}
	}
	for _, name := range flagsOfCLI(cli.NewCommand(cli.NewEnvironment())) {
		known["--"+name] = true
	}
	for _, name := range flagsOfOthers {
		known[name] = true
	}
	return known
}

// flagsOf asks a program for its flags.
func flagsOf(t *testing.T, program string) []string {
	t.Helper()
	path, err := playground.Build(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	output, _ := exec.CommandContext(t.Context(), path, "-help").CombinedOutput() // Some end with an error then.
	var names []string
	for _, found := range defined.FindAllStringSubmatch(string(output), -1) {
		names = append(names, found[1])
	}
	if len(names) < 5 {
		t.Fatalf("%s has the flags %q; it says:\n%s", program, names, output)
	}
	return names
}

func flagsOfCLI(c *cobra.Command) []string {
	c.InitDefaultHelpFlag()
	var names []string
	for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	for _, verb := range c.Commands() {
		names = append(names, flagsOfCLI(verb)...)
	}
	return names
}

var metricName = regexp.MustCompile(`\bkfprofiles_[a-z0-9_]+`)

// TestEveryMetricExists looks for the metrics that documents name in the code.
func TestEveryMetricExists(t *testing.T) {
	known := metricsInCode(t)
	n := 0
	for _, p := range pages(t) {
		for i, line := range p.lines {
			for _, name := range metricName.FindAllString(line, -1) {
				n++
				series := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
				if !known[name] && !known[series] {
					t.Errorf("%s:%d: there is no metric %s", p.path, i+1, name)
				}
			}
		}
	}
	if n < 5 || len(known) < 10 {
		t.Errorf("%d metrics were found in the documents and %d in the code", n, len(known))
	}
}

// metricsInCode are the names in the code of our programs, tests left out.
func metricsInCode(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, folder := range []string{"internal", "controller", "cmd", "plugin"} {
		err := filepath.WalkDir(filepath.Join(root(t), folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, name := range metricName.FindAllString(string(text), -1) {
				known[name] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return known
}

var (
	// logsOf is a container that documents read the logs of.
	logsOf = regexp.MustCompile(`kubectl logs [^\x60]*-c ([a-z-]+)`)
	// moduleSetting is a line such as `path = "/profiles/"` of a module, and moduleResult one such as
	// module.profiles.helm_values.
	moduleSetting = regexp.MustCompile(`^  ([a-z_]+) += `)
	moduleResult  = regexp.MustCompile(`\bmodule\.profiles\.([a-z_]+)`)
	// declared is a variable or an output of a module.
	declared = regexp.MustCompile(`(?m)^(variable|output) "([a-z_]+)"`)
)

// TestEveryContainerExists looks for the containers that documents name in the controller's pod.
func TestEveryContainerExists(t *testing.T) {
	known := containersOfPod(t)
	n := 0
	for _, p := range pages(t) {
		for i, line := range p.lines {
			for _, found := range logsOf.FindAllStringSubmatch(line, -1) {
				n++
				if !slices.Contains(known, found[1]) {
					t.Errorf("%s:%d: the pod has the containers %q and no %s", p.path, i+1, known, found[1])
				}
			}
		}
	}
	if n < 3 {
		t.Errorf("only %d containers were found in the documents", n)
	}
}

// containersOfPod are those of the Deployment that people install.
func containersOfPod(t *testing.T) []string {
	t.Helper()
	objects, err := playground.Render(playground.Overlay)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range objects {
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		for _, container := range containers {
			name, _, _ := unstructured.NestedString(container.(map[string]any), "name")
			names = append(names, name)
		}
	}
	return names
}

// TestEveryTerraformNameExists looks for the settings and results of our module that documents name.
func TestEveryTerraformNameExists(t *testing.T) {
	known := map[string]bool{}
	for _, file := range []string{"variables.tf", "outputs.tf"} {
		text, err := os.ReadFile(filepath.Join(root(t), "terraform", "aws", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
			known[found[1]+" "+found[2]] = true
		}
	}
	n := 0
	for _, p := range pages(t) {
		for _, b := range p.in("hcl") {
			for _, name := range terraformNames(b) {
				n++
				if !known[name] {
					t.Errorf("%s:%d: the module of terraform/aws has no %s", p.path, b.line, name)
				}
			}
		}
	}
	if n < 5 {
		t.Errorf("only %d names were found in the documents", n)
	}
}

// terraformNames are what a block sets in our module, and what it reads from it.
func terraformNames(b block) []string {
	var names []string
	inModule := false
	for _, line := range b.lines {
		if !strings.HasPrefix(line, " ") && line != "" {
			inModule = strings.HasPrefix(line, "module ")
		}
		if found := moduleSetting.FindStringSubmatch(line); found != nil && inModule && found[1] != "source" {
			names = append(names, "variable "+found[1])
		}
		for _, found := range moduleResult.FindAllStringSubmatch(line, -1) {
			names = append(names, "output "+found[1])
		}
	}
	return names
}

func TestTerraformNames(t *testing.T) {
	b := parsePage("x.md", "```hcl\nmodule \"profiles\" {\n  source = \"x\"\n  path = \"/\"\n  profiles = {\n    a = { b = 1 }\n  }\n}\noutput \"c\" {\n  value = module.profiles.d\n}\n```\n").blocks[0]
	if diff := cmp.Diff([]string{"variable path", "variable profiles", "output d"}, terraformNames(b)); diff != "" {
		t.Errorf("the names (-want +got):\n%s", diff)
	}
}
