package trustpolicy

import (
	"strings"
	"unicode/utf8"
)

// Parts of a pattern that stand for more than themselves; the others are characters.
const (
	anyString rune = -1
	anyChar   rune = -2
)

// isExact tells whether IAM takes a value for nothing but itself: wildcards work only
// under StringLike, policy variables everywhere.
func isExact(value string, wildcards bool) bool {
	if wildcards && strings.ContainsAny(value, "*?") {
		return false
	}
	return !strings.Contains(value, "${")
}

// compile splits a condition value into the parts of a pattern. What a policy variable
// stands for is known only to IAM, so it may be anything here, except that ${*}, ${?} and
// ${$} are IAM's way to write these characters.
func compile(value string, wildcards bool) []rune {
	var parts []rune
	for value != "" {
		if name, rest, ok := variable(value); ok {
			if name == "*" || name == "?" || name == "$" {
				parts = append(parts, rune(name[0]))
			} else {
				parts = append(parts, anyString)
			}
			value = rest
			continue
		}
		char, size := utf8.DecodeRuneInString(value)
		value = value[size:]
		switch {
		case wildcards && char == '*':
			parts = append(parts, anyString)
		case wildcards && char == '?':
			parts = append(parts, anyChar)
		default:
			parts = append(parts, char)
		}
	}
	return parts
}

// variable cuts a policy variable off the start of a value.
func variable(value string) (name, rest string, ok bool) {
	if !strings.HasPrefix(value, "${") {
		return "", "", false
	}
	return strings.Cut(value[2:], "}")
}

// matches is the usual comparison with wildcards. It goes back only to the last anyString,
// so a hostile pattern cannot make it slow.
func matches(pattern []rune, value string) bool {
	chars := []rune(value)
	p, c, star, resume := 0, 0, -1, 0
	for c < len(chars) {
		switch {
		case p < len(pattern) && pattern[p] == anyString:
			star, resume = p, c
			p++
		case p < len(pattern) && (pattern[p] == anyChar || pattern[p] == chars[c]):
			p++
			c++
		case star >= 0:
			resume++
			p, c = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == anyString {
		p++
	}
	return p == len(pattern)
}

// extremes are possible subjects that have as little in common as two can: the
// shortest and the longest, of different characters. A pattern that matches all of them
// matches every service account.
var extremes = []string{
	Subject("a", "a"),
	Subject("0", "0"),
	Subject(strings.Repeat("a", 63), strings.Repeat("a", 253)),
	Subject(strings.Repeat("0", 63), strings.Repeat("0", 253)),
}

// mayCoverAll tells whether a condition value may admit every service account.
func mayCoverAll(value string, wildcards bool) bool {
	pattern := compile(value, wildcards)
	for _, subject := range extremes {
		if !matches(pattern, subject) {
			return false
		}
	}
	return true
}
