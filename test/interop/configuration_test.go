package interop

import (
	"os"
	"path/filepath"
	"testing"

	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"sigs.k8s.io/yaml"
)

// TestConfiguration keeps what Envoy gets as files that a reviewer can read: the methods, the
// paths and the claims in there are those of the rows that need stand-ins. A new version of
// Istio that builds something else shows here, too.
func TestConfiguration(t *testing.T) {
	for name, build := range map[string]func() *room{"owned-by-user": ownedByAnn, "owned-by-group": ownedByGroup, "shared": shared, "strict": strict} {
		t.Run(name, func(t *testing.T) {
			s := sidecarOf(t, build(), meshSettings{})
			paths := &hcmv3.HttpConnectionManager{NormalizePath: s.connections.NormalizePath, MergeSlashes: s.connections.MergeSlashes,
				PathWithEscapedSlashesAction: s.connections.PathWithEscapedSlashesAction}
			got := "# How Envoy treats paths before the rules see them.\n" + inYAML(t, paths) +
				"---\n# The rules of HTTP ports.\n" + inYAML(t, s.http) +
				"---\n# The rules of all other ports.\n" + inYAML(t, s.tcp)
			path := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; run go test -run TestConfiguration -update", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("Istio's configuration differs from %s (-want +got):\n%s", path, diff)
			}
		})
	}
}

func inYAML(t *testing.T, message proto.Message) string {
	t.Helper()
	document, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if document, err = yaml.JSONToYAML(document); err != nil {
		t.Fatal(err)
	}
	return string(document)
}
