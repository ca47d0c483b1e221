package main

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	certutil "k8s.io/client-go/util/cert"
)

func TestARestartKeepsTheAuthorityAndTheSigningKey(t *testing.T) {
	dir := t.TempDir()
	before, err := prepareCertificates(dir)
	must(t, err)
	kept := []string{before.caFile, before.signingKeyFile, before.signingPubFile}
	contents := readAll(t, kept)

	after, err := prepareCertificates(dir)
	must(t, err)
	for i, content := range readAll(t, kept) {
		if !bytes.Equal(content, contents[i]) {
			t.Errorf("%s changed", kept[i])
		}
	}
	if bytes.Equal(before.adminCertificate, after.adminCertificate) {
		t.Error("the administrator's certificate was not renewed, so it will expire one day")
	}
	verify(t, before.adminCertificate, after, x509.ExtKeyUsageClientAuth, "")
}

func TestTheServingCertificateIsGoodForEveryNameOfTheServer(t *testing.T) {
	c, err := prepareCertificates(t.TempDir())
	must(t, err)
	serving, err := os.ReadFile(c.servingCertFile)
	must(t, err)
	for _, name := range []string{"127.0.0.1", "localhost", "kubernetes.default.svc"} {
		verify(t, serving, c, x509.ExtKeyUsageServerAuth, name)
	}
}

func TestTheAdministratorIsAMaster(t *testing.T) {
	c, err := prepareCertificates(t.TempDir())
	must(t, err)
	certificate := verify(t, c.adminCertificate, c, x509.ExtKeyUsageClientAuth, "")
	if got := certificate.Subject.Organization; len(got) != 1 || got[0] != "system:masters" {
		t.Errorf("the administrator is in %v", got)
	}
}

func TestKeysArePrivate(t *testing.T) {
	dir := t.TempDir()
	_, err := prepareCertificates(dir)
	must(t, err)
	keys, err := filepath.Glob(filepath.Join(dir, "*.key"))
	must(t, err)
	if len(keys) != 3 {
		t.Errorf("there are the keys %v; want those of the authority, the API server and the tokens", keys)
	}
	for _, key := range keys {
		info, err := os.Stat(key)
		must(t, err)
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o", key, got)
		}
	}
}

func TestDamagedKeyMaterialIsNotReplaced(t *testing.T) {
	for _, name := range []string{"ca.crt", "ca.key", "sa.key"} {
		dir := t.TempDir()
		_, err := prepareCertificates(dir)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("not a key"), 0o600))

		_, err = prepareCertificates(dir)
		if err == nil || !strings.Contains(err.Error(), "remove the folder") {
			t.Errorf("with a damaged %s: %v; want an error that says what to do", name, err)
		}
	}
}

// verify checks a certificate against the authority and returns it.
func verify(t *testing.T, content []byte, c *certificates, usage x509.ExtKeyUsage, name string) *x509.Certificate {
	t.Helper()
	parsed, err := certutil.ParseCertsPEM(content)
	must(t, err)
	roots, err := certutil.NewPoolFromBytes(c.caCertificate)
	must(t, err)
	_, err = parsed[0].Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}, DNSName: name})
	if err != nil {
		t.Errorf("the certificate of %s is not good for %q: %v", parsed[0].Subject, name, err)
	}
	return parsed[0]
}

func readAll(t *testing.T, paths []string) [][]byte {
	t.Helper()
	var contents [][]byte
	for _, path := range paths {
		content, err := os.ReadFile(path)
		must(t, err)
		contents = append(contents, content)
	}
	return contents
}
