package main

import (
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// writeArchive writes one platform's image as a file for "docker load" and "ctr
// images import". That format knows no platforms, hence a single image.
func writeArchive(path string, tag name.Tag, image v1.Image) error {
	if err := tarball.WriteToFile(path, tag, image); err != nil {
		return fmt.Errorf("write the loadable archive %s: %w", path, err)
	}
	return nil
}
