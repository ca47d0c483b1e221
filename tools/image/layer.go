package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layerFile is the one file of a layer. One file a layer means that an unchanged file
// is neither uploaded nor downloaded again, and that platforms share what is equal.
type layerFile struct {
	source string // Where the content is on this machine.
	name   string // Its path in the image, without the leading slash.
	mode   int64
	// target makes it a symbolic link to that path instead of a file with content; source
	// is then only where the layer is kept.
	target string
}

// newLayer makes a layer that depends on nothing but the file's content, name and
// mode and on the given time. The layer is kept, and later read, at source + ".tar.gz".
func newLayer(file layerFile, modified time.Time) (v1.Layer, error) {
	target := file.source + ".tar.gz"
	if err := compressLayer(target, file, modified); err != nil {
		return nil, fmt.Errorf("pack /%s: %w", file.name, err)
	}
	layer, err := tarball.LayerFromFile(target, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("read the layer of /%s: %w", file.name, err)
	}
	return layer, nil
}

// compressLayer writes the layer as a compressed archive to target.
func compressLayer(target string, file layerFile, modified time.Time) error {
	output, err := os.Create(target)
	if err != nil {
		return err
	}
	compressed := gzip.NewWriter(output)
	archive := tar.NewWriter(compressed)
	return errors.Join(
		writeEntries(archive, file, modified),
		archive.Close(),
		compressed.Close(),
		output.Close(),
	)
}

// writeEntries writes the file's folders, outermost first, and then the file. All
// belong to root, so that the program cannot replace itself or the certificates.
func writeEntries(archive *tar.Writer, file layerFile, modified time.Time) error {
	for _, folder := range folders(file.name) {
		err := archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755, ModTime: modified, Format: tar.FormatUSTAR,
		})
		if err != nil {
			return err
		}
	}
	if file.target != "" {
		return archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeSymlink, Name: file.name, Linkname: file.target, Mode: 0o755, ModTime: modified, Format: tar.FormatUSTAR,
		})
	}
	content, err := os.Open(file.source)
	if err != nil {
		return err
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return err
	}
	err = archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: file.name, Mode: file.mode, Size: info.Size(), ModTime: modified, Format: tar.FormatUSTAR,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(archive, content)
	return err
}

// folders returns the folders that hold a file, outermost first.
func folders(name string) []string {
	var found []string
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		found = append(found, folder)
	}
	slices.Reverse(found)
	return found
}
