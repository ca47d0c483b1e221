package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestCommandsOfTheDocumentAreUnderstood asks each command line of docs/aws.md for help, which
// fails when it has a verb or a flag that there is not.
func TestCommandsOfTheDocumentAreUnderstood(t *testing.T) {
	document, err := os.ReadFile("../../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\$ kubectl profile (.*)$`).FindAllStringSubmatch(string(document), -1)
	if len(lines) < 4 {
		t.Fatalf("the document has only %d command lines", len(lines))
	}
	for _, line := range lines {
		term := open(t)
		if code := term.run(strings.ReplaceAll(line[1], "'", "") + " --help"); code != 0 || strings.Contains(term.out.String(), "Available Commands") {
			t.Errorf("%s: exit code %d: %s%s", line[1], code, term.err.String(), term.out.String())
		}
	}
}
