package access

import (
	"fmt"
	"regexp"
)

// NamePattern is what a name must match as a whole. The zero value matches every name.
type NamePattern struct {
	text  string
	whole *regexp.Regexp
}

// ParseNamePattern reads a regular expression in the syntax of RE2. Empty matches every
// name.
func ParseNamePattern(text string) (NamePattern, error) {
	if text == "" {
		return NamePattern{}, nil
	}
	// By itself first: a pattern such as a)|(b is none, and would be one within brackets.
	if _, err := regexp.Compile(text); err != nil {
		return NamePattern{}, fmt.Errorf("%q is no regular expression: %w", text, err)
	}
	whole, err := regexp.Compile(`\A(?:` + text + `)\z`)
	if err != nil {
		return NamePattern{}, fmt.Errorf("%q cannot be matched against whole names: %w", text, err)
	}
	return NamePattern{text: text, whole: whole}, nil
}

func (p NamePattern) matches(name string) bool { return p.whole == nil || p.whole.MatchString(name) }
