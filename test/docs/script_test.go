package docs

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// placeholders are words in capitals that a reader puts something of their own in place of.
var placeholders = map[string]string{
	"NAME": "chemistry", "PROFILE": "chemistry", "OWNER": "ann@example.com", "USER": "ben@example.com",
	"CLUSTER": "ml", "ID": "a-0123456789abcdef0", "BUCKET": "ml-data",
}

// command is one command line, which may go over several lines of a document.
type command struct {
	line int
	text string
}

var hereDocument = regexp.MustCompile(`<<-?\s*['"]?([A-Za-z_]+)`)

// commands are what a person types in a block: the lines behind a prompt, with their
// continuations. All else is output.
func (b block) commands() []command {
	var all []command
	for i := 0; i < len(b.lines); i++ {
		text, prompt := strings.CutPrefix(b.lines[i], "$ ")
		if !prompt {
			continue
		}
		c := command{line: b.line + i, text: text}
		for isOpen(c.text) && i+1 < len(b.lines) {
			i++
			c.text += "\n" + b.lines[i]
		}
		all = append(all, c)
	}
	return all
}

// isOpen tells whether a command goes on in the next line.
func isOpen(text string) bool {
	if here := hereDocument.FindStringSubmatch(text); here != nil {
		return !strings.HasSuffix(text, "\n"+here[1])
	}
	words, _, _ := strings.Cut(text, " # ") // A comment may have an apostrophe.
	return strings.HasSuffix(text, `\`) || strings.Count(words, "'")%2 == 1
}

// script is a shell script that does what a page says, line by line. It stops at a variable that the
// page has not set: its reader would have none either.
func (p page) script() string {
	var s strings.Builder
	s.WriteString("set -euo pipefail\ntrap 'echo \"$DOCS_PAGE:$DOCS_LINE: this command failed\" >&2' ERR\n")
	for _, b := range p.in("console") {
		for _, c := range b.commands() {
			fmt.Fprintf(&s, "export DOCS_LINE=%d\n%s\n", c.line, filled(c.text))
		}
	}
	return s.String()
}

var capitals = regexp.MustCompile(`\b[A-Z]+\b`)

// filled puts something in the place of placeholders.
func filled(text string) string {
	return capitals.ReplaceAllStringFunc(text, func(word string) string {
		if value, is := placeholders[word]; is {
			return value
		}
		return word
	})
}

func TestCommandsOfABlock(t *testing.T) {
	b := parsePage("x.md", "```console\n$ zero  # one's comment\n$ one NAME \\\n    two\nprinted\n$ cat > x.json <<END\n{}\nEND\n$ three '{\n}'\n```\n").blocks[0]
	want := []command{{2, "zero  # one's comment"}, {3, "one NAME \\\n    two"}, {6, "cat > x.json <<END\n{}\nEND"}, {9, "three '{\n}'"}}
	if diff := cmp.Diff(want, b.commands(), cmp.AllowUnexported(command{})); diff != "" {
		t.Errorf("the commands (-want +got):\n%s", diff)
	}
	if got := filled("x NAME $CLUSTER_NAME -n PROFILE"); got != "x chemistry $CLUSTER_NAME -n chemistry" {
		t.Errorf("filled in: %s", got)
	}
}
