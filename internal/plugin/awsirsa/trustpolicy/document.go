package trustpolicy

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// maxDepth is far more than the six levels of a real policy and far less than what
// would exhaust the stack.
const maxDepth = 64

type kind int

const (
	scalar kind = iota // A number, true, false or null.
	text
	list
	object
)

// node is one JSON value and where it stands in the document.
type node struct {
	kind       kind
	start, end int
	// text is the decoded string, or the spelling of a scalar.
	text    string
	items   []*node
	members []member
}

type member struct {
	key              string
	keyStart, keyEnd int
	value            *node
}

// document is a JSON text with the positions of all that is in it, so that a part can be
// replaced while every other byte stays.
type document struct {
	raw  []byte
	root *node
}

func parseDocument(raw []byte) (*document, error) {
	if !utf8.Valid(raw) {
		return nil, policyError("it is not valid UTF-8")
	}
	// The decoder below forgives some mistakes between tokens; this does not.
	if !json.Valid(raw) {
		return nil, policyError("it is not valid JSON")
	}
	r := &reader{raw: raw, decoder: json.NewDecoder(bytes.NewReader(raw))}
	r.decoder.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return nil, err
	}
	return &document{raw: raw, root: root}, nil
}

type reader struct {
	raw     []byte
	decoder *json.Decoder
	// end is where the token read last ends.
	end int
}

// token returns the next token and where it starts.
func (r *reader) token() (json.Token, int, error) {
	start := r.end
	for start < len(r.raw) && bytes.IndexByte([]byte(" \t\r\n,:"), r.raw[start]) >= 0 {
		start++
	}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, 0, policyError("it is not valid JSON")
	}
	r.end = int(r.decoder.InputOffset())
	return token, start, nil
}

func (r *reader) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, policyError("it is nested more than %d levels deep", maxDepth)
	}
	token, start, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &node{start: start}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			err = r.object(n, depth)
		} else {
			err = r.list(n, depth)
		}
	case string:
		n.kind, n.text = text, t
	default:
		n.text = string(r.raw[start:r.end])
	}
	n.end = r.end
	return n, err
}

func (r *reader) object(n *node, depth int) error {
	n.kind = object
	for r.decoder.More() {
		token, start, err := r.token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		m := member{key: key, keyStart: start, keyEnd: r.end}
		if m.value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.members = append(n.members, m)
	}
	_, _, err := r.token()
	return err
}

func (r *reader) list(n *node, depth int) error {
	n.kind = list
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, _, err := r.token()
	return err
}

// member returns the value of a key, or nil.
func (n *node) member(key string) *node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// each returns what IAM reads: a list stands for its items, anything else for itself.
func (n *node) each() []*node {
	if n.kind == list {
		return n.items
	}
	return []*node{n}
}

// duplicateKey returns a key that occurs twice after spelled has been applied to it.
// Readers disagree on which of two equal keys counts, so such an object is not edited.
func (n *node) duplicateKey(spelled func(string) string) (string, bool) {
	seen := make(map[string]bool, len(n.members))
	for _, m := range n.members {
		key := spelled(m.key)
		if seen[key] {
			return m.key, true
		}
		seen[key] = true
	}
	return "", false
}

func exactly(key string) string { return key }

// fold makes names comparable without regard to ASCII case. Letters beyond ASCII keep
// theirs: Unicode would make the Kelvin sign a k.
func fold(name string) string {
	folded := []byte(name)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}
