package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// kubeconfig has a test use a kubeconfig with two contexts.
func kubeconfig(t *testing.T, server string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := `{apiVersion: v1, kind: Config, current-context: blue, clusters: [{name: c, cluster: {server: "` + server + `"}}],
contexts: [{name: blue, context: {cluster: c}}, {name: green, context: {cluster: c}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", path)
}
