package controller

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documents is the text of the README and of all below docs.
func documents(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	add := func(path string) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(content)
	}
	add("../README.md")
	err := filepath.WalkDir("../docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			add(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestEveryFlagOfAPluginIsDocumented looks for the flags in the pages about the plugins.
func TestEveryFlagOfAPluginIsDocumented(t *testing.T) {
	text := documents(t)
	flags := flag.NewFlagSet("all", flag.ContinueOnError)
	for _, extension := range own() {
		extension.Flags(flags)
	}
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.Contains(text, "`-"+f.Name+"`") {
			t.Errorf("no document speaks of -%s", f.Name)
		}
	})
}
