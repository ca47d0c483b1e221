package trustpolicy

import (
	"cmp"
	"slices"
	"strings"
)

// wrapped stands between the first two items of a list that was a single value before we
// added to it. Nobody writes a list that way, it means nothing to IAM and does not count
// for the size, and it tells Revoke to make it a single value again, so that
// a Grant that was taken back leaves no trace. Should somebody lay the text out anew in
// between, a list of one remains, which means the same.
const wrapped = "\t,"

// edit replaces a part of a document.
type edit struct {
	start, end int
	text       string
}

// apply returns the document with all edits made. They must not overlap.
func (d *document) apply(edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(out, d.raw[at:e.start]...)
		out = append(out, e.text...)
		at = e.end
	}
	return append(out, d.raw[at:]...)
}

func (d *document) source(n *node) string { return string(d.raw[n.start:n.end]) }

// indent returns the white space in front of a position, to be put in front of what is
// added beside what stands there.
func (d *document) indent(start int) string {
	from := start
	for from > 0 && strings.IndexByte(" \t\r\n", d.raw[from-1]) >= 0 {
		from--
	}
	return string(d.raw[from:start])
}

// field is a key and the JSON text of its value.
type field struct{ key, value string }

// addMembers puts fields at the end of an object, laid out like the one before.
func (d *document) addMembers(n *node, fields ...field) edit {
	at, between, colon := n.start+1, ",", ":"
	if len(n.members) > 0 {
		last := n.members[len(n.members)-1]
		at, between = last.value.end, ","+d.indent(last.keyStart)
		colon = string(d.raw[last.keyEnd:last.value.start])
	}
	added := make([]string, 0, len(fields))
	for _, f := range fields {
		added = append(added, quote(f.key)+colon+f.value)
	}
	joined := strings.Join(added, between)
	if len(n.members) > 0 {
		joined = between + joined
	}
	return edit{at, at, joined}
}

// addItems puts JSON texts at the end of a list, laid out like the item before. A single
// value becomes a list first.
func (d *document) addItems(n *node, items []string) edit {
	if n.kind != list {
		return edit{n.start, n.end, "[" + d.source(n) + wrapped + strings.Join(items, ",") + "]"}
	}
	if len(n.items) == 0 {
		return edit{n.start + 1, n.start + 1, strings.Join(items, ",")}
	}
	last := n.items[len(n.items)-1]
	between := "," + d.indent(last.start)
	return edit{last.end, last.end, between + strings.Join(items, between)}
}

// removeItems takes the items out for which gone is true. At least one must remain.
func (d *document) removeItems(n *node, gone []bool) []edit {
	first := slices.Index(gone, false)
	if first == 0 && !slices.Contains(gone[1:], false) && d.isWrapped(n) {
		return []edit{{n.start, n.end, d.source(n.items[0])}}
	}
	var edits []edit
	if first > 0 {
		edits = append(edits, edit{n.items[0].start, n.items[first].start, ""})
	}
	for i := first + 1; i < len(gone); i++ {
		if gone[i] {
			edits = append(edits, edit{n.items[i-1].end, n.items[i].end, ""})
		}
	}
	return edits
}

// isWrapped tells whether a list was a single value before we added to it.
func (d *document) isWrapped(n *node) bool {
	if n.kind != list || len(n.items) < 2 {
		return false
	}
	first, second, last := n.items[0], n.items[1], n.items[len(n.items)-1]
	return first.start == n.start+1 && last.end == n.end-1 &&
		string(d.raw[first.end:second.start]) == wrapped
}

// quote writes a JSON string. All that we write is validated to be printable ASCII
// with nothing to escape.
func quote(s string) string { return `"` + s + `"` }

func quoteAll(values []string) []string {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, quote(value))
	}
	return quoted
}
