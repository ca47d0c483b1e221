package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// page is one document.
type page struct {
	// path is from the root of the repository, with slashes.
	path   string
	lines  []string
	blocks []block
}

// block is what stands between two fences.
type block struct {
	language string
	// line is that of its first line, from 1.
	line  int
	lines []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

func root(t *testing.T) string {
	t.Helper()
	folder, err := playground.Root()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// pages are all documents of the repository: those below docs, and what stands beside the code.
func pages(t *testing.T) []page {
	t.Helper()
	folder := root(t)
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != folder && isBuilt(entry.Name()):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		relative, err := filepath.Rel(folder, path)
		paths = append(paths, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/README.md", "examples/README.md", "charts/kfprofiles/README.md"} {
		if !slices.Contains(paths, path) {
			t.Fatalf("%s is not among the documents %q", path, paths)
		}
	}
	var all []page
	for _, path := range paths {
		all = append(all, readPage(t, path))
	}
	return all
}

// isBuilt tells whether a folder has what git and builds leave, and nobody wrote.
func isBuilt(folder string) bool {
	return strings.HasPrefix(folder, ".") || folder == "dist"
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return parsePage(path, string(text))
}

var fence = regexp.MustCompile("^( *)```([a-z]*)$")

// parsePage finds the blocks of a page. The margin of a block inside a list is taken off.
func parsePage(path, text string) page {
	p := page{path: path, lines: strings.Split(text, "\n")}
	var open *block
	margin := ""
	for i, line := range p.lines {
		parts := fence.FindStringSubmatch(line)
		switch {
		case open == nil && parts != nil:
			open, margin = &block{language: parts[2], line: i + 2}, parts[1]
		case open != nil && parts != nil:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.lines = append(open.lines, strings.TrimPrefix(line, margin))
		}
	}
	return p
}

// in are the blocks in a language.
func (p page) in(language string) []block {
	return slices.DeleteFunc(slices.Clone(p.blocks), func(b block) bool { return b.language != language })
}

// prose are the lines outside of blocks; lines inside are empty, so that the numbers stay.
func (p page) prose() []string {
	lines := slices.Clone(p.lines)
	for _, b := range p.blocks {
		for i := range b.lines {
			lines[b.line-1+i] = ""
		}
	}
	return lines
}

func TestParsePage(t *testing.T) {
	p := parsePage("x.md", "a\n\n1. b\n\n   ```console\n   $ one\n     two\n   ```\n```yaml\nc: d\n```\n")
	if len(p.blocks) != 2 || p.in("console")[0].text() != "$ one\n  two\n" || p.in("console")[0].line != 6 {
		t.Errorf("the page has the blocks %+v", p.blocks)
	}
	if got := p.prose()[5] + p.prose()[6] + p.prose()[9]; got != "" {
		t.Errorf("the prose has %q of the blocks", got)
	}
}
