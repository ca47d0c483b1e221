package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

// TestLayoutIsReplaced builds into the same directory twice: nothing of the first image
// may stay, and nothing unfinished may lie beside it.
func TestLayoutIsReplaced(t *testing.T) {
	output, _ := buildHello(t, "-platforms", "linux/amd64")
	before := blobs(t, output)
	args := append([]string{"-output", output, "-platforms", "linux/amd64", "-source-date-epoch", "1"}, hello...)
	if _, err := command(t, args...); err != nil {
		t.Fatal(err)
	}
	if after := blobs(t, output); after != before {
		t.Errorf("the layout has %d blobs, want %d as before", after, before)
	}
	beside, err := os.ReadDir(filepath.Dir(output))
	if err != nil {
		t.Fatal(err)
	}
	if len(beside) != 2 {
		t.Errorf("besides the layout and the archive there are %v", beside)
	}
}

func blobs(t *testing.T, output string) int {
	t.Helper()
	found, err := os.ReadDir(filepath.Join(output, "blobs", "sha256"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// TestForeignDirectoryIsKept points -output at somebody's files.
func TestForeignDirectoryIsKept(t *testing.T) {
	output := t.TempDir()
	kept := filepath.Join(output, "thesis.txt")
	if err := os.WriteFile(kept, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := command(t, append([]string{"-output", output}, hello...)...)
	if err == nil || !strings.Contains(err.Error(), "no image layout") {
		t.Errorf("error is %v, want a refusal", err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

// TestFullName covers the one registry whose name the library and the runtimes spell
// differently.
func TestFullName(t *testing.T) {
	for text, want := range map[string]string{
		"hello:v1":                  "docker.io/library/hello:v1",
		"team/hello:v1":             "docker.io/team/hello:v1",
		"registry.example/hello:v1": "registry.example/hello:v1",
	} {
		tag, err := name.NewTag(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := fullName(tag); got != want {
			t.Errorf("fullName(%s) is %s, want %s", text, got, want)
		}
	}
}
