package main

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nonRoot is the user and group the image runs as. The numbers are those of the
// widespread "nonroot" images; numbers rather than a name, because a cluster that
// insists on runAsNonRoot can only check a number.
const nonRoot = "65532:65532"

// imageSpec is what the images of all platforms have in common.
type imageSpec struct {
	entrypoint string
	created    time.Time
	labels     map[string]string
}

// newImage stacks layers on nothing and describes how to start them.
func newImage(platform v1.Platform, layers []v1.Layer, spec imageSpec) (v1.Image, error) {
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image = mutate.ConfigMediaType(image, types.OCIConfigJSON)
	image, err := mutate.ConfigFile(image, &v1.ConfigFile{
		OS:           platform.OS,
		Architecture: platform.Architecture,
		Created:      v1.Time{Time: spec.created},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:       nonRoot,
			WorkingDir: "/",
			Entrypoint: []string{"/" + spec.entrypoint},
			Env:        []string{"PATH=/"},
			Labels:     spec.labels,
		},
	})
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		image, err = mutate.Append(image, mutate.Addendum{
			Layer:   layer,
			History: v1.History{Created: v1.Time{Time: spec.created}, CreatedBy: "tools/image"},
		})
		if err != nil {
			return nil, err
		}
	}
	return image, nil
}
