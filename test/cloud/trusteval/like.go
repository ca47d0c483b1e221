package trusteval

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

func same(wanted, actual string) bool { return unescape(wanted) == actual }

// Like is the comparison of StringLike, with wildcards: reach[i] says whether the pattern
// so far can match the first i bytes.
func Like(wanted, actual string) bool {
	reach := make([]bool, len(actual)+1)
	reach[0] = true
	for _, part := range wildcards.FindAllString(wanted, -1) {
		next := make([]bool, len(reach))
		literal := unescape(part)
		for i, ok := range reach {
			switch {
			case part == "*":
				next[i] = ok || i > 0 && next[i-1]
			case !ok || i == len(actual):
			case part == "?":
				_, size := utf8.DecodeRuneInString(actual[i:])
				next[i+size] = true
			case strings.HasPrefix(actual[i:], literal):
				next[i+len(literal)] = true
			}
		}
		reach = next
	}
	return reach[len(actual)]
}

// Characters of Unicode's private area stand in for ${*}, ${?} and ${$}, which are the
// characters themselves.
var (
	wildcards    = regexp.MustCompile(`[*?]|[^*?]+`)
	variables    = regexp.MustCompile(`\$\{[^}]*\}`)
	hideLiterals = strings.NewReplacer("${*}", "\uE001", "${?}", "\uE002", "${$}", "\uE003")
	showLiterals = strings.NewReplacer("\uE001", "*", "\uE002", "?", "\uE003", "$")
)

func unescape(value string) string { return showLiterals.Replace(value) }

// substitute replaces policy variables. A value with a variable that the request does not
// have matches nothing.
func substitute(value string, id Identity) (string, bool) {
	known := true
	value = variables.ReplaceAllStringFunc(hideLiterals.Replace(value), func(variable string) string {
		actual, ok := id.key(FoldCase(variable[2 : len(variable)-1]))
		known = known && ok
		return actual
	})
	return value, known
}
