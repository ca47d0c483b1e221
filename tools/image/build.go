package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// platformImage is the image of one platform.
type platformImage struct {
	platform v1.Platform
	image    v1.Image
}

// multiPlatform is one image for several platforms: the index that names them, and
// each of them.
type multiPlatform struct {
	index  v1.ImageIndex
	images []platformImage
}

// local returns the image that a container runtime on this machine can start. On a
// machine that runs no Linux that is still a Linux image, in its virtual machine. If
// the architecture was not built, the first platform stands in, for inspection.
func (m multiPlatform) local() platformImage {
	for _, built := range m.images {
		if built.platform.Architecture == runtime.GOARCH {
			return built
		}
	}
	return m.images[0]
}

// build compiles and packs all programs for all platforms. The result reads from
// files in work.
func build(ctx context.Context, o options, work string) (multiPlatform, error) {
	certificates := layerFile{source: filepath.Join(work, "certificates"), name: certificatesPath, mode: 0o644}
	if err := writeCertificates(certificates.source); err != nil {
		return multiPlatform{}, err
	}
	certificatesLayer, err := newLayer(certificates, o.created)
	if err != nil {
		return multiPlatform{}, err
	}

	spec := imageSpec{entrypoint: o.entrypoint, created: o.created, labels: o.labels.annotations()}
	var images []platformImage
	for _, platform := range o.platforms {
		programs, err := programLayers(ctx, o, platform, work)
		if err != nil {
			return multiPlatform{}, err
		}
		image, err := newImage(platform, append([]v1.Layer{certificatesLayer}, programs...), spec)
		if err != nil {
			return multiPlatform{}, fmt.Errorf("assemble the image for %s: %w", platform, err)
		}
		images = append(images, platformImage{platform: platform, image: image})
	}
	return multiPlatform{index: newIndex(images, spec.labels), images: images}, nil
}

// programLayers compiles every package for one platform and packs each program, and then
// their second names.
func programLayers(ctx context.Context, o options, platform v1.Platform, work string) ([]v1.Layer, error) {
	directory := filepath.Join(work, platform.OS+"-"+platform.Architecture)
	if err := os.Mkdir(directory, 0o755); err != nil {
		return nil, err
	}
	var layers []v1.Layer
	for _, pkg := range o.packages {
		program, err := compile(ctx, pkg, platform, o.ldflags, directory)
		if err != nil {
			return nil, err
		}
		layer, err := newLayer(layerFile{source: program, name: programName(pkg), mode: 0o755}, o.created)
		if err != nil {
			return nil, err
		}
		layers = append(layers, layer)
	}
	for _, a := range o.aliases {
		layer, err := newLayer(layerFile{source: filepath.Join(directory, a.name), name: a.name, target: "/" + a.program}, o.created)
		if err != nil {
			return nil, err
		}
		layers = append(layers, layer)
	}
	return layers, nil
}

// newIndex lists the images by platform, so that each machine pulls its own.
func newIndex(images []platformImage, annotations map[string]string) v1.ImageIndex {
	index := v1.ImageIndex(empty.Index)
	for _, built := range images {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        built.image,
			Descriptor: v1.Descriptor{Platform: &built.platform},
		})
	}
	return mutate.Annotations(index, annotations).(v1.ImageIndex)
}
