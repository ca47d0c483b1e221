package v1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryReasonHasAnEntryInTroubleshooting holds the headings of the page against the
// constants, both ways: a reason that nobody explains is as bad as an entry that nobody
// can come from.
func TestEveryReasonHasAnEntryInTroubleshooting(t *testing.T) {
	if diff := cmp.Diff(reasons(t), entries(t)); diff != "" {
		t.Errorf("the reasons of package v1 and the headings of docs/troubleshooting.md differ (-reasons +headings):\n%s", diff)
	}
}

// reasons are the values of all constants whose names start with Reason.
func reasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "condition_types.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(file, func(node ast.Node) bool {
		constant, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(constant.Names[0].Name, "Reason") {
			return true
		}
		value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
		return false
	})
	if len(values) < 20 {
		t.Fatalf("found only %d reasons; they may have moved", len(values))
	}
	slices.Sort(values)
	return values
}

// entries are the headings of the page's third level, which are reasons.
func entries(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	for line := range strings.Lines(string(page)) {
		if heading, ok := strings.CutPrefix(line, "### "); ok {
			headings = append(headings, strings.TrimSpace(heading))
		}
	}
	slices.Sort(headings)
	return headings
}
