package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheKubeconfigIsPrivateCompleteAndRewritten(t *testing.T) {
	c, err := prepareCertificates(t.TempDir())
	must(t, err)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	for _, server := range []string{"https://127.0.0.1:1", "https://127.0.0.1:2"} {
		must(t, writeKubeconfig(path, server, c))
		config, err := adminConfig(path, "test")
		must(t, err)
		if config.Host != server {
			t.Errorf("the server is %s, not %s", config.Host, server)
		}
		if string(config.CAData) != string(c.caCertificate) ||
			string(config.CertData) != string(c.adminCertificate) ||
			string(config.KeyData) != string(c.adminKey) {
			t.Error("a key or certificate is not inside the file, or is a wrong one")
		}
	}
	info, err := os.Stat(path)
	must(t, err)
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the kubeconfig has mode %o", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("beside the kubeconfig there is more: %v, %v", entries, err)
	}
}
