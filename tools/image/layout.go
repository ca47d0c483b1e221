package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// checkReplaceable refuses an output directory that holds anything but an image
// layout, since writing the new layout removes the directory that was there.
func checkReplaceable(output string) error {
	entries, err := os.ReadDir(output)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at -output: %w", err)
	}
	if _, err := os.Stat(filepath.Join(output, "oci-layout")); err != nil {
		return fmt.Errorf("-output %s holds files that are no image layout: remove it or choose another directory", output)
	}
	return nil
}

// writeLayout writes the image as an OCI image layout. It is written beside its place
// and moved there when complete, so that the directory is never half an image and
// never keeps layers of the one before.
func writeLayout(output string, tag name.Tag, index v1.ImageIndex) error {
	parent := filepath.Dir(output)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("make the directory of -output: %w", err)
	}
	unfinished, err := os.MkdirTemp(parent, ".image-")
	if err != nil {
		return fmt.Errorf("make the image layout: %w", err)
	}
	defer os.RemoveAll(unfinished)

	if err := fillLayout(unfinished, tag, index); err != nil {
		return fmt.Errorf("write the image layout: %w", err)
	}
	if err := errors.Join(os.Chmod(unfinished, 0o755), os.RemoveAll(output)); err != nil {
		return fmt.Errorf("replace the image layout: %w", err)
	}
	if err := os.Rename(unfinished, output); err != nil {
		return fmt.Errorf("put the image layout in its place: %w", err)
	}
	return nil
}

// fillLayout writes the index and all it names, under the tag. The first annotation
// is the one the image spec defines, the second what containerd imports by.
func fillLayout(directory string, tag name.Tag, index v1.ImageIndex) error {
	path, err := layout.Write(directory, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": tag.TagStr(),
		"io.containerd.image.name":          fullName(tag),
	}))
}

// fullName is the tag with its registry. The library writes Docker Hub by the name of
// one of its hosts; container runtimes know it, and Kubernetes looks it up, as docker.io.
func fullName(tag name.Tag) string {
	if rest, ok := strings.CutPrefix(tag.Name(), name.DefaultRegistry+"/"); ok {
		return "docker.io/" + rest
	}
	return tag.Name()
}
