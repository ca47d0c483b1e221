package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// paint colours text for a terminal, and leaves it as it is for anything else.
type paint bool

// paintFor allows colour where a person reads it and has not asked for none, see
// https://no-color.org.
func paintFor(out io.Writer) paint {
	file, isFile := out.(*os.File)
	return paint(isFile && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "")
}

func (p paint) green(text string) string { return p.with("\x1b[32m", text) }
func (p paint) red(text string) string   { return p.with("\x1b[1;31m", text) }
func (p paint) bold(text string) string  { return p.with("\x1b[1m", text) }
func (p paint) faint(text string) string { return p.with("\x1b[2m", text) }

func (p paint) with(code, text string) string {
	if !p {
		return text
	}
	return code + text + "\x1b[0m"
}
