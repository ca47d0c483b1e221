package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestSameInputsGiveTheSameDigest builds the same source twice, the second time from
// a copy in another place, as another machine would.
func TestSameInputsGiveTheSameDigest(t *testing.T) {
	firstOutput, first := buildHello(t)

	elsewhere := t.TempDir()
	for _, source := range []string{"go.mod", "go.sum", "image/testdata/hello/main.go"} {
		copied := filepath.Join(elsewhere, source)
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied, read(t, filepath.Join("..", source)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(elsewhere, "image"))
	secondOutput, second := buildHello(t)

	if first != second {
		t.Errorf("digests differ: %s and %s", first, second)
	}
	if !bytes.Equal(read(t, firstOutput+".tar"), read(t, secondOutput+".tar")) {
		t.Error("the loadable archives differ")
	}
}

// TestTimestampChangesTheDigest shows that the date is an input like any other.
func TestTimestampChangesTheDigest(t *testing.T) {
	_, epoch := buildHello(t, "-platforms", "linux/amd64")
	_, later := buildHello(t, "-platforms", "linux/amd64", "-source-date-epoch", "1")
	if epoch == later {
		t.Error("two dates gave the same image")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
