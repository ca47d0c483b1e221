package terraform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

func TestFilesAreFormatted(t *testing.T) {
	for _, folder := range folders(t) {
		for name, text := range load(t, folder).files {
			if diff := cmp.Diff(string(hclwrite.Format(text)), string(text)); diff != "" {
				t.Errorf("%s (-formatted +is):\n%s", name, diff)
			}
		}
	}
}

func TestWhatIsReferredToIsThereAndWhatIsThereIsUsed(t *testing.T) {
	for _, folder := range folders(t) {
		m := load(t, folder)
		known, used := m.names(), map[string]bool{}
		for _, blocks := range m.blocks {
			for _, block := range blocks {
				for _, expression := range expressions(block) {
					for _, traversal := range expression.Variables() {
						name := reference(traversal)
						if name != "each.key" && name != "each.value" && !known[name] {
							t.Errorf("%s: nothing is declared as %s", traversal.SourceRange(), name)
						}
						// A validation speaks of its own variable and is no use of it.
						used[name] = used[name] || block.Type != "variable"
					}
				}
			}
		}
		for name := range known {
			if (strings.HasPrefix(name, "var.") || strings.HasPrefix(name, "local.") || strings.HasPrefix(name, "data.")) && !used[name] {
				t.Errorf("%s: %s is not used", folder, name)
			}
		}
	}
}

// reference is the beginning of a traversal that names what it refers to.
func reference(traversal hcl.Traversal) string {
	length := 2
	if traversal.RootName() == "data" {
		length = 3
	}
	var parts []string
	for _, step := range traversal[:min(length, len(traversal))] {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			parts = append(parts, step.Name)
		case hcl.TraverseAttr:
			parts = append(parts, step.Name)
		}
	}
	return strings.Join(parts, ".")
}

func TestVariablesAndOutputsAreDescribed(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders(t) {
		m := load(t, folder)
		for _, b := range append(m.blocks["variable"], m.blocks["output"]...) {
			if b.Body.Attributes["description"] == nil || b.Type == "variable" && b.Body.Attributes["type"] == nil {
				t.Errorf("%s: %s %s lacks its description or type", folder, b.Type, b.Labels[0])
			}
			if folder == root && !strings.Contains(string(readme), "\n| `"+b.Labels[0]+"` |") {
				t.Errorf("the README does not list %s", b.Labels[0])
			}
		}
	}
}

// metaArguments are Terraform's own in a module block.
var metaArguments = map[string]bool{"source": true, "version": true, "providers": true, "count": true, "for_each": true, "depends_on": true}

func TestTheExamplesCallTheModuleAsItIs(t *testing.T) {
	ours := load(t, root)
	variables, required, outputs := map[string]bool{}, []string{}, map[string]bool{}
	for _, b := range ours.blocks["variable"] {
		variables[b.Labels[0]] = true
		if b.Body.Attributes["default"] == nil {
			required = append(required, b.Labels[0])
		}
	}
	for _, b := range ours.blocks["output"] {
		outputs[b.Labels[0]] = true
	}
	for _, folder := range folders(t) {
		if folder == root {
			continue
		}
		m := load(t, folder)
		if len(m.blocks["module"]) != 1 {
			t.Errorf("%s has %d modules", folder, len(m.blocks["module"]))
		}
		for _, call := range m.blocks["module"] {
			for name := range call.Body.Attributes {
				if !variables[name] && !metaArguments[name] {
					t.Errorf("%s: the module has no variable %s", folder, name)
				}
			}
			for _, name := range required {
				if call.Body.Attributes[name] == nil {
					t.Errorf("%s: %s is missing", folder, name)
				}
			}
		}
		for _, b := range m.blocks["output"] {
			for _, traversal := range b.Body.Attributes["value"].Expr.Variables() {
				if traversal.RootName() == "module" && !outputs[traversal[2].(hcl.TraverseAttr).Name] {
					t.Errorf("%s: the module has no such output", traversal.SourceRange())
				}
			}
		}
	}
}
