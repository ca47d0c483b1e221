package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/elf"
	"encoding/pem"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestImage builds the fixture once for both platforms and looks at the result as a
// container runtime, a cluster and a person would.
func TestImage(t *testing.T) {
	output, digest := buildHello(t,
		"-source", "https://example.org/hello", "-revision", "abc123", "-licenses", "Apache-2.0",
		"-source-date-epoch", "1700000000", "-ldflags-extra", "-X main.greeting=built")
	index, descriptor := readIndex(t, output)
	images := platformImages(t, index)

	t.Run("is a valid multi-platform image with the printed digest", func(t *testing.T) {
		if err := validate.Index(index); err != nil {
			t.Error(err)
		}
		if descriptor.Digest.String() != digest {
			t.Errorf("the layout has %s, printed was %s", descriptor.Digest, digest)
		}
		platforms := slices.Sorted(maps.Keys(images))
		if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(platforms, want) {
			t.Errorf("platforms are %v, want %v", platforms, want)
		}
	})

	t.Run("is named for every importer", func(t *testing.T) {
		if got := descriptor.Annotations["org.opencontainers.image.ref.name"]; got != "v1" {
			t.Errorf("ref.name is %q, want v1", got)
		}
		if got := descriptor.Annotations["io.containerd.image.name"]; got != "registry.example/hello:v1" {
			t.Errorf("containerd's name is %q, want registry.example/hello:v1", got)
		}
	})

	machines := map[string]elf.Machine{"linux/amd64": elf.EM_X86_64, "linux/arm64": elf.EM_AARCH64}
	for platform, image := range images {
		found := files(t, image)

		t.Run(platform+" holds a static program of its architecture", func(t *testing.T) {
			program, err := elf.NewFile(bytes.NewReader(found["hello"].content))
			if err != nil {
				t.Fatal(err)
			}
			if program.Machine != machines[platform] {
				t.Errorf("the program is for %s, want %s", program.Machine, machines[platform])
			}
			for _, segment := range program.Progs {
				if segment.Type == elf.PT_INTERP {
					t.Error("the program wants a dynamic loader, which the image has not")
				}
			}
		})

		t.Run(platform+" holds nothing else, and nothing its user can change", func(t *testing.T) {
			paths := slices.Sorted(maps.Keys(found))
			want := []string{"etc", "etc/ssl", "etc/ssl/certs", certificatesPath, "hello"}
			if !slices.Equal(paths, want) {
				t.Errorf("files are %v, want %v", paths, want)
			}
			for path, file := range found {
				if file.header.Uid != 0 || file.header.Gid != 0 || file.header.Mode&0o022 != 0 {
					t.Errorf("%s belongs to %d:%d with mode %o", path, file.header.Uid, file.header.Gid, file.header.Mode)
				}
				if !file.header.ModTime.Equal(time.Unix(1700000000, 0)) {
					t.Errorf("%s is dated %s", path, file.header.ModTime)
				}
			}
		})

		t.Run(platform+" runs as nobody in particular and says where it is from", func(t *testing.T) {
			file, err := image.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if file.Config.User != "65532:65532" {
				t.Errorf("user is %q", file.Config.User)
			}
			if want := []string{"/hello"}; !slices.Equal(file.Config.Entrypoint, want) {
				t.Errorf("entrypoint is %v, want %v", file.Config.Entrypoint, want)
			}
			if !file.Created.Equal(time.Unix(1700000000, 0)) {
				t.Errorf("created is %s", file.Created)
			}
			want := map[string]string{
				"org.opencontainers.image.title":    "hello",
				"org.opencontainers.image.source":   "https://example.org/hello",
				"org.opencontainers.image.revision": "abc123",
				"org.opencontainers.image.version":  "v1",
				"org.opencontainers.image.licenses": "Apache-2.0",
			}
			if !maps.Equal(file.Config.Labels, want) {
				t.Errorf("labels are %v, want %v", file.Config.Labels, want)
			}
		})

		t.Run(platform+" trusts the public certificate authorities", func(t *testing.T) {
			checkCertificates(t, found[certificatesPath].content)
		})
	}

	t.Run("the archive is the image of this machine and runs", func(t *testing.T) {
		tag, err := name.NewTag("registry.example/hello:v1")
		if err != nil {
			t.Fatal(err)
		}
		archived, err := tarball.ImageFromPath(output+".tar", &tag)
		if err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(t.TempDir(), "hello")
		if err := os.WriteFile(program, files(t, archived)["hello"].content, 0o755); err != nil {
			t.Fatal(err)
		}
		if _, built := images["linux/"+runtime.GOARCH]; !built || runtime.GOOS != "linux" {
			t.Skip("this machine runs none of the images")
		}
		said, err := exec.CommandContext(t.Context(), program).CombinedOutput()
		if err != nil || strings.TrimSpace(string(said)) != "built" {
			t.Errorf("the program said %q, %v, want what the linker flags told it to", said, err)
		}
	})
}

// checkCertificates reads the file as a program would, and looks for the authorities
// that the clouds' interfaces use.
func checkCertificates(t *testing.T, file []byte) {
	t.Helper()
	if !x509.NewCertPool().AppendCertsFromPEM(file) {
		t.Fatal("no certificate can be read")
	}
	names := map[string]bool{}
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		names[certificate.Subject.CommonName] = true
	}
	for _, want := range []string{"Amazon Root CA 1", "GTS Root R1", "DigiCert Global Root G2"} {
		if !names[want] {
			t.Errorf("%s is missing among %d authorities", want, len(names))
		}
	}
}

// TestAlias has a manifest that was written for another image start our program.
func TestAlias(t *testing.T) {
	output, _ := buildHello(t, "-platforms", "linux/amd64", "-alias", "manager=hello")
	index, _ := readIndex(t, output)
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	found := files(t, platformImages(t, index)["linux/amd64"])
	link := found["manager"].header
	if link.Typeflag != tar.TypeSymlink || link.Linkname != "/hello" || len(found["hello"].content) == 0 {
		t.Errorf("/manager is %+v, want a link to /hello", link)
	}
}
