package main

import (
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestPush pulls from a registry what was pushed to it.
func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	reference := strings.TrimPrefix(server.URL, "http://") + "/team/hello:v1"

	_, digest := buildHello(t, "-tag", reference, "-push")

	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Index(tag, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(pulled); err != nil {
		t.Error(err)
	}
	if got, err := pulled.Digest(); err != nil || got.String() != digest {
		t.Errorf("the registry has %s, %v, printed was %s", got, err, digest)
	}
	if images := platformImages(t, pulled); len(images) != 2 {
		t.Errorf("the registry has %d platforms, want 2", len(images))
	}
}

// TestPushToARegistryThatIsNotThere says which image and what to do.
func TestPushToARegistryThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(nil)
	reference := strings.TrimPrefix(server.URL, "http://") + "/hello:v1"
	server.Close()

	_, err := command(t, "-package", "./testdata/hello", "-platforms", "linux/amd64",
		"-tag", reference, "-push", "-output", filepath.Join(t.TempDir(), "image"))
	if err == nil || !strings.Contains(err.Error(), "push "+reference) {
		t.Errorf("error is %v, want one that names %s", err, reference)
	}
}
