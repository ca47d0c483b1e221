package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestCompileErrors shows the compiler's own words for a package it cannot find, and
// ours for one that is no program.
func TestCompileErrors(t *testing.T) {
	for pkg, want := range map[string]string{
		"./testdata/missing": "compile ./testdata/missing for linux/amd64",
		"./testdata/library": "give a folder with a package main",
	} {
		_, err := command(t, "-package", pkg, "-tag", "hello:v1", "-platforms", "linux/amd64",
			"-output", filepath.Join(t.TempDir(), "image"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one that says %q", pkg, err, want)
		}
	}
}
