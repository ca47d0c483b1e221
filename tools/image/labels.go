package main

import (
	"flag"

	"github.com/google/go-containerregistry/pkg/name"
)

// labels says where an image comes from, in the words of the OCI image spec. They
// are written on each image, where programs look, and on the index, where registries
// look.
type labels struct {
	title    string
	source   string
	revision string
	version  string
	licenses string
}

// register adds one flag a label.
func (l *labels) register(flags *flag.FlagSet) {
	flags.StringVar(&l.title, "title", "", "`name` shown to people (default: the entrypoint)")
	flags.StringVar(&l.source, "source", "", "`URL` of the source code")
	flags.StringVar(&l.revision, "revision", "", "`commit` the image is built from")
	flags.StringVar(&l.version, "version", "", "`version` of the software (default: the tag)")
	flags.StringVar(&l.licenses, "licenses", "", "SPDX `expression` of the licenses")
}

// complete fills in what follows from the rest of the command line.
func (l *labels) complete(entrypoint string, tag name.Tag) {
	if l.title == "" {
		l.title = entrypoint
	}
	if l.version == "" {
		l.version = tag.TagStr()
	}
}

// annotations returns the labels that have a value, by their full names.
func (l *labels) annotations() map[string]string {
	named := map[string]string{
		"org.opencontainers.image.title":    l.title,
		"org.opencontainers.image.source":   l.source,
		"org.opencontainers.image.revision": l.revision,
		"org.opencontainers.image.version":  l.version,
		"org.opencontainers.image.licenses": l.licenses,
	}
	for key, value := range named {
		if value == "" {
			delete(named, key)
		}
	}
	return named
}
