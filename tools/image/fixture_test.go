package main

import (
	"archive/tar"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// hello is the fixture's flags; the tests run in this folder.
var hello = []string{"-package", "./testdata/hello", "-tag", "registry.example/hello:v1"}

// command runs the whole program in an environment without variables and returns what
// it prints.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var stdout strings.Builder
	err := run(t.Context(), args, func(string) string { return "" }, &stdout, io.Discard)
	return stdout.String(), err
}

// buildHello builds the fixture into a new directory and returns the directory and
// the digest that was printed.
func buildHello(t *testing.T, extra ...string) (output, digest string) {
	t.Helper()
	output = filepath.Join(t.TempDir(), "image")
	args := append(append([]string{"-output", output}, hello...), extra...)
	stdout, err := command(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(stdout, "\n")
	_, digest, found := strings.Cut(first, "@")
	if !found {
		t.Fatalf("the first line is no image by digest:\n%s", stdout)
	}
	return output, digest
}

// readIndex returns the multi-platform index that a layout holds, and its descriptor.
func readIndex(t *testing.T, output string) (v1.ImageIndex, v1.Descriptor) {
	t.Helper()
	outer, err := layout.ImageIndexFromPath(output)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 {
		t.Fatalf("the layout names %d images, want 1", len(manifest.Manifests))
	}
	descriptor := manifest.Manifests[0]
	index, err := outer.ImageIndex(descriptor.Digest)
	if err != nil {
		t.Fatal(err)
	}
	return index, descriptor
}

// platformImages returns the index's images by platform, such as "linux/amd64".
func platformImages(t *testing.T, index v1.ImageIndex) map[string]v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]v1.Image{}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		images[descriptor.Platform.String()] = image
	}
	return images
}

// file is one entry of an image's file system.
type file struct {
	header  tar.Header
	content []byte
}

// files returns the file system of an image, by path without the leading slash.
func files(t *testing.T, image v1.Image) map[string]file {
	t.Helper()
	content := mutate.Extract(image)
	defer content.Close()
	found := map[string]file{}
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(header.Name, "/")] = file{header: *header, content: bytes}
	}
}
