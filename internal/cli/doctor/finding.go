package doctor

import (
	"fmt"
	"io"
	"slices"

	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// Status is how serious a finding is.
type Status string

// The kinds of findings.
const (
	// Fine is as it should be.
	Fine Status = "fine"
	// Warning may be meant so.
	Warning Status = "warning"
	// Problem keeps something from working, or leaves something open.
	Problem Status = "problem"
)

// Finding is one line of what doctor says.
type Finding struct {
	// Check is what was looked at, in a word or two.
	Check string `json:"check"`
	// Status is how it stands.
	Status Status `json:"status"`
	// Message is a sentence about what was found.
	Message string `json:"message"`
	// Advice is what to do; empty when nothing is to be done.
	Advice string `json:"advice,omitempty"`
}

func fine(check, format string, details ...any) Finding {
	return Finding{Check: check, Status: Fine, Message: fmt.Sprintf(format, details...)}
}

func warning(check, advice, format string, details ...any) Finding {
	return Finding{Check: check, Status: Warning, Message: fmt.Sprintf(format, details...), Advice: advice}
}

func problem(check, advice, format string, details ...any) Finding {
	return Finding{Check: check, Status: Problem, Message: fmt.Sprintf(format, details...), Advice: advice}
}

// The colours of marks on a terminal, in the codes of ECMA-48.
var marks = map[Status]struct{ sign, colour string }{
	Fine: {"✓", "\x1b[32m"}, Warning: {"!", "\x1b[33m"}, Problem: {"✗", "\x1b[31m"},
}

// Write writes one line for each finding, the marks in colour where that is wanted.
func Write(out io.Writer, findings []Finding, coloured bool) {
	for _, f := range findings {
		mark := marks[f.Status].sign
		if coloured {
			mark = marks[f.Status].colour + mark + "\x1b[0m"
		}
		line := fmt.Sprintf("%s: %s", f.Check, f.Message)
		if f.Advice != "" {
			line += " " + f.Advice
		}
		fmt.Fprintln(out, mark, plain.Text(line))
	}
}

// Count is how many findings are of a kind.
func Count(findings []Finding, status Status) int {
	return len(slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Status != status }))
}
