package kfam

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// repeatedKey returns a key that some object of a JSON text has more than once, or "". The
// decoder would mix what stands under both, and whoever looked at the text before, such as a
// proxy with rules of its own, may have seen only one of them. Keys that differ in letter case
// alone are the same to the decoder, so they are here.
func repeatedKey(content []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(content))
	var open nesting
	for {
		token, err := decoder.Token()
		if err != nil {
			// The end, or a text that the decoder refuses later.
			return ""
		}
		switch delimiter, _ := token.(json.Delim); delimiter {
		case '{':
			open.push(object{keys: map[string]bool{}})
		case '[':
			open.push(object{})
		case '}', ']':
			open = open[:len(open)-1]
		default:
			if key, repeated := open.repeats(token); repeated {
				return key
			}
		}
	}
}

// nesting are the objects and lists that a place in a text is in, the innermost last.
type nesting []object

// object is one of them.
type object struct {
	// keys are those that were seen; nil for a list.
	keys map[string]bool
	// keyRead tells that a value comes next.
	keyRead bool
}

// push goes into an object or list, which is itself a value of the one around it.
func (n *nesting) push(inner object) {
	n.valueRead()
	*n = append(*n, inner)
}

func (n *nesting) valueRead() {
	if len(*n) > 0 {
		(*n)[len(*n)-1].keyRead = false
	}
}

// repeats notes a key or a plain value, and tells whether it is a key that was there before.
func (n *nesting) repeats(token json.Token) (key string, repeated bool) {
	if len(*n) == 0 {
		return "", false
	}
	innermost := &(*n)[len(*n)-1]
	if innermost.keys == nil || innermost.keyRead {
		n.valueRead()
		return "", false
	}
	key, _ = token.(string)
	folded := strings.Map(foldLetter, key)
	repeated = innermost.keys[folded]
	innermost.keys[folded], innermost.keyRead = true, true
	return key, repeated
}

// foldLetter returns the same letter for all that differ in case alone.
func foldLetter(letter rune) rune {
	smallest := letter
	for other := unicode.SimpleFold(letter); other != letter; other = unicode.SimpleFold(other) {
		smallest = min(smallest, other)
	}
	return smallest
}
