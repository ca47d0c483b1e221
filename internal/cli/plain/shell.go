package plain

import (
	"regexp"
	"strings"
)

// plainWord is what a shell takes as it stands.
var plainWord = regexp.MustCompile(`^[\w./:=,@%+-]+$`)

// ShellWords writes texts, made harmless, as arguments of a command in a POSIX shell. Tenants name
// their objects.
func ShellWords(texts ...string) string {
	words := make([]string, 0, len(texts))
	for _, text := range texts {
		words = append(words, ShellQuoted(Text(text)))
	}
	return strings.Join(words, " ")
}

// ShellQuoted is a text, as it stands, as one word of a POSIX shell.
func ShellQuoted(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
