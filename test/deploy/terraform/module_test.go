package terraform

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const root = "../../../terraform/aws"

// folders are those of all modules: the one of ours, and its examples.
func folders(t *testing.T) []string {
	t.Helper()
	examples, err := filepath.Glob(root + "/examples/*")
	if err != nil || len(examples) == 0 {
		t.Fatalf("%d examples: %v", len(examples), err)
	}
	return append(examples, root)
}

// module is what a folder of .tf files declares.
type module struct {
	files map[string][]byte
	// blocks are those at the top, by their type.
	blocks map[string][]*hclsyntax.Block
}

func load(t *testing.T, folder string) module {
	t.Helper()
	names, err := filepath.Glob(folder + "/*.tf")
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has %d files: %v", folder, len(names), err)
	}
	m := module{files: map[string][]byte{}, blocks: map[string][]*hclsyntax.Block{}}
	parser := hclparse.NewParser()
	for _, name := range names {
		file, diagnostics := parser.ParseHCLFile(name)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		m.files[name] = file.Bytes
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			m.blocks[block.Type] = append(m.blocks[block.Type], block)
		}
	}
	return m
}

// names are what can be referred to, as the beginnings of references: var.tags, for example.
func (m module) names() map[string]bool {
	all := map[string]bool{}
	for _, b := range m.blocks["variable"] {
		all["var."+b.Labels[0]] = true
	}
	for _, b := range m.blocks["module"] {
		all["module."+b.Labels[0]] = true
	}
	for _, b := range m.blocks["resource"] {
		all[b.Labels[0]+"."+b.Labels[1]] = true
	}
	for _, b := range m.blocks["data"] {
		all["data."+b.Labels[0]+"."+b.Labels[1]] = true
	}
	for _, b := range m.blocks["locals"] {
		for name := range b.Body.Attributes {
			all["local."+name] = true
		}
	}
	return all
}

// expressions are all that a block has, the blocks within it included, but for types.
func expressions(block *hclsyntax.Block) []hclsyntax.Expression {
	var all []hclsyntax.Expression
	for name, attribute := range block.Body.Attributes {
		if !keywords[block.Type+"."+name] {
			all = append(all, attribute.Expr)
		}
	}
	for _, inner := range block.Body.Blocks {
		all = append(all, expressions(inner)...)
	}
	return all
}

// keywords are arguments that Terraform reads by themselves, in which a name is no reference.
var keywords = map[string]bool{"variable.type": true, "lifecycle.ignore_changes": true}
