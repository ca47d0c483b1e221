package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// report prints what was built. The first line is the image by digest, the form to
// pin it by; the rest is for people.
func report(w io.Writer, o options, built multiPlatform) error {
	digest, err := built.index.Digest()
	if err != nil {
		return fmt.Errorf("compute the image's digest: %w", err)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s@%s\n", o.tag, digest)
	for _, each := range built.images {
		if err := reportImage(table, each); err != nil {
			return err
		}
	}
	fmt.Fprintf(table, "  layout\t%s\n", o.output)
	fmt.Fprintf(table, "  archive\t%s\t%s\n", o.archive(), built.local().platform)
	if o.push {
		fmt.Fprintf(table, "  pushed\t%s\n", fullName(o.tag))
	}
	return table.Flush()
}

// reportImage prints one platform's digest and what a machine downloads for it.
func reportImage(w io.Writer, built platformImage) error {
	digest, err := built.image.Digest()
	if err != nil {
		return fmt.Errorf("compute the digest for %s: %w", built.platform, err)
	}
	size, err := downloadSize(built.image)
	if err != nil {
		return fmt.Errorf("compute the size for %s: %w", built.platform, err)
	}
	_, err = fmt.Fprintf(w, "  %s\t%s\t%.1f MB\n", built.platform, digest, float64(size)/1e6)
	return err
}

// downloadSize is the size of an image's layers as they travel, compressed.
func downloadSize(image v1.Image) (int64, error) {
	manifest, err := image.Manifest()
	if err != nil {
		return 0, err
	}
	var size int64
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size, nil
}
