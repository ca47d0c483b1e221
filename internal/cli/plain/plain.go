// Package plain makes text that others have written harmless for the terminal of an admin. Names of
// role bindings, Events and subjects of trust policies may hold anything.
package plain

import (
	"strconv"
	"strings"
	"unicode"
)

// Text writes whatever would move the cursor, change colours, begin a line or turn the direction of
// writing as Go writes it in a string, such as \x1b. All else stays as it is.
func Text(text string) string {
	text = strings.ToValidUTF8(text, string(unicode.ReplacementChar))
	if !strings.ContainsFunc(text, unsafe) {
		return text
	}
	var shown strings.Builder
	for _, r := range text {
		if !unsafe(r) {
			shown.WriteRune(r)
			continue
		}
		shown.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return shown.String()
}

func unsafe(r rune) bool { return !unicode.IsGraphic(r) }
