package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheStateFolderIsPrivate(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open")
	must(t, os.Mkdir(open, 0o755))
	for _, dir := range []string{open, filepath.Join(open, "new"), ""} {
		f, err := openFolder(dir)
		must(t, err)
		info, err := os.Stat(f.path)
		must(t, err)
		if got := info.Mode().Perm(); got != 0o700 {
			t.Errorf("--dir %q has mode %o", dir, got)
		}
		must(t, f.removeIfTemporary())
		if _, err := os.Stat(f.path); (err == nil) != (dir != "") {
			t.Errorf("--dir %q at the end: %v; only a temporary folder is removed", dir, err)
		}
	}
}

func TestALongFolderHasItsSocketElsewhere(t *testing.T) {
	short := folder{path: "/tmp/short"}
	got, err := openSocketFolder(short)
	must(t, err)
	if got != short {
		t.Errorf("the socket is in %s", got.path)
	}

	got, err = openSocketFolder(folder{path: "/tmp/" + strings.Repeat("long", 30)})
	must(t, err)
	defer func() { must(t, got.removeIfTemporary()) }()
	if !got.temporary || len(filepath.Join(got.path, socketName)) > socketPathLimit {
		t.Errorf("the socket is in %s", got.path)
	}
}
