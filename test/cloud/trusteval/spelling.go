package trusteval

import (
	"encoding/json"
	"strings"
)

// Spelled is the text of a string, number or bool.
func Spelled(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case nil:
		return ""
	}
	spelling, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(spelling)
}

// OneOrMany is a list of what IAM takes as one value or as a list of them.
func OneOrMany(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	if value == nil {
		return nil
	}
	return []any{value}
}

// FoldCase lowers ASCII letters alone, as IAM does where it does not regard case.
func FoldCase(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
