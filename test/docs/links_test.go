package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// notInAnchor is what GitHub leaves out of the anchor of a heading.
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]+`)
)

// anchors are those of a page's headings, as GitHub makes them.
func (p page) anchors() []string {
	var all []string
	for _, line := range p.prose() {
		if marks, title, is := strings.Cut(line, " "); is && marks != "" && strings.Trim(marks, "#") == "" {
			anchor := notInAnchor.ReplaceAllString(strings.ToLower(title), "")
			all = append(all, strings.ReplaceAll(strings.TrimSpace(anchor), " ", "-"))
		}
	}
	return all
}

// TestEveryLinkLeadsSomewhere checks links between documents and to files of the repository.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all := pages(t)
	for _, p := range all {
		for i, line := range p.prose() {
			for _, found := range link.FindAllStringSubmatch(line, -1) {
				if problem := followLink(t, all, p, found[1]); problem != "" {
					t.Errorf("%s:%d: %s: %s", p.path, i+1, found[1], problem)
				}
			}
		}
	}
}

// followLink returns what is wrong with a link of a page, or nothing.
func followLink(t *testing.T, all []page, from page, target string) string {
	t.Helper()
	if strings.HasPrefix(target, "https://") {
		return ""
	}
	if strings.Contains(target, "://") {
		return "neither a file nor an https address"
	}
	file, anchor, _ := strings.Cut(target, "#")
	to := from.path
	if file != "" {
		to = path.Join(path.Dir(from.path), file)
	}
	i := slices.IndexFunc(all, func(p page) bool { return p.path == to })
	if _, err := os.Stat(filepath.Join(root(t), filepath.FromSlash(to))); err != nil && i < 0 {
		return "there is no " + to
	}
	if anchor != "" && i >= 0 && !slices.Contains(all[i].anchors(), anchor) {
		return to + " has no such heading"
	}
	return ""
}

func TestLinksThatLeadNowhere(t *testing.T) {
	all := []page{parsePage("docs/a.md", "# A b, `c`: d\n\n```sh\n# Not a heading\n```\n")}
	for target, want := range map[string]string{
		"#a-b-c-d":          "",
		"#not-a-heading":    "docs/a.md has no such heading",
		"nowhere.md":        "there is no docs/nowhere.md",
		"../README.md":      "",
		"http://insecure":   "neither a file nor an https address",
		"https://somewhere": "",
	} {
		if got := followLink(t, all, all[0], target); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

// TestEveryDocumentIsInTheIndex wants each document of the first level in docs/README.md.
func TestEveryDocumentIsInTheIndex(t *testing.T) {
	index := strings.Join(readPage(t, "docs/README.md").lines, "\n")
	for _, p := range pages(t) {
		name, isDocument := strings.CutPrefix(p.path, "docs/")
		if isDocument && !strings.Contains(name, "/") && name != "README.md" && !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not lead to %s", p.path)
		}
	}
}
