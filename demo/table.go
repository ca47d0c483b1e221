package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// renderTable shows what was claimed, what was expected and what happened, one claim a
// line, then how many hold and, of those that do not, everything that is known.
func renderTable(findings []finding, p paint) string {
	rows := [][3]string{{"CLAIM", "EXPECTED", "HAPPENED"}}
	for _, f := range findings {
		rows = append(rows, [3]string{f.sentence, f.expected, f.happened})
	}
	widths := columnWidths(rows)
	var text strings.Builder
	for i, row := range rows {
		line := strings.Join([]string{pad(row[0], widths[0]), pad(row[1], widths[1]), pad(row[2], widths[2])}, "  ")
		if i == 0 {
			fmt.Fprintln(&text, p.bold(strings.TrimRight(line, " ")))
			continue
		}
		fmt.Fprintf(&text, "%s  %s\n", line, mark(findings[i-1], p))
	}
	text.WriteString(summary(findings, p))
	return text.String()
}

func columnWidths(rows [][3]string) [3]int {
	var widths [3]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", width-utf8.RuneCountInString(text))
}

func mark(f finding, p paint) string {
	if f.holds {
		return p.green("ok")
	}
	return p.red("FAILED")
}

func summary(findings []finding, p paint) string {
	failed := countFailed(findings)
	if failed == 0 {
		return fmt.Sprintf("\nAll %d claims hold.\n", len(findings))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n", p.red(fmt.Sprintf("%d of %d claims do not hold:", failed, len(findings))))
	for _, f := range findings {
		if !f.holds {
			fmt.Fprintf(&text, "  %s\n    expected: %s\n    happened: %s\n", f.sentence, f.expected, inFull(f))
		}
	}
	return text.String()
}

func inFull(f finding) string {
	if f.err == nil {
		return f.happened
	}
	return f.happened + ": " + strings.ReplaceAll(f.err.Error(), "\n", "\n              ")
}
