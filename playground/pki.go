package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// leafLifetime is how long a serving or client certificate is valid. Both are made
// anew at every start, so it only has to outlast one run.
const leafLifetime = 365 * 24 * time.Hour

// certificates is all key material of a playground: where the components find it,
// and what goes into the kubeconfig.
type certificates struct {
	caFile          string
	servingCertFile string
	servingKeyFile  string
	signingKeyFile  string
	signingPubFile  string

	caCertificate    []byte
	adminCertificate []byte
	adminKey         []byte
}

// prepareCertificates makes the certificates in dir. The authority and the key that
// signs service account tokens are made once and kept: kubeconfigs and tokens from
// before a restart stay good. Serving and administrator certificates are issued
// anew each time, so that they never expire on someone who keeps a folder for years.
func prepareCertificates(dir string) (*certificates, error) {
	c := &certificates{
		caFile:          filepath.Join(dir, "ca.crt"),
		servingCertFile: filepath.Join(dir, "apiserver.crt"),
		servingKeyFile:  filepath.Join(dir, "apiserver.key"),
		signingKeyFile:  filepath.Join(dir, "sa.key"),
		signingPubFile:  filepath.Join(dir, "sa.pub"),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder for certificates: %w", err)
	}
	ca, err := keepAuthority(c.caFile, filepath.Join(dir, "ca.key"))
	if err != nil {
		return nil, err
	}
	c.caCertificate = pemCertificate(ca.certificate.Raw)
	if err := keepSigningKey(c.signingKeyFile, c.signingPubFile); err != nil {
		return nil, err
	}
	if err := c.issueServing(ca); err != nil {
		return nil, err
	}
	c.adminCertificate, c.adminKey, err = ca.issue(administrator())
	return c, err
}

// issueServing writes the certificate that the API server shows to its clients.
func (c *certificates) issueServing(ca *authority) error {
	certificate, key, err := ca.issue(servingIdentity())
	if err != nil {
		return err
	}
	return errors.Join(
		certutil.WriteCert(c.servingCertFile, certificate),
		keyutil.WriteKey(c.servingKeyFile, key),
	)
}

// servingIdentity covers every name under which a client can reach the API server.
func servingIdentity() x509.Certificate {
	return x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), serviceIP},
		DNSNames: []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc.cluster.local",
		},
	}
}

// administrator is the user of the kubeconfig. The group system:masters may do
// everything, even before the RBAC roles exist.
func administrator() x509.Certificate {
	return x509.Certificate{
		Subject:     pkix.Name{CommonName: "playground-admin", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// authority is the certificate authority of one state folder.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// keepAuthority loads the authority, or makes one on the first start.
func keepAuthority(certFile, keyFile string) (*authority, error) {
	exists, err := certutil.CanReadCertAndKey(certFile, keyFile)
	if err != nil {
		return nil, damaged(err)
	}
	if !exists {
		return makeAuthority(certFile, keyFile)
	}
	found, err := certutil.CertsFromFile(certFile)
	if err != nil {
		return nil, damaged(err)
	}
	key, err := keyutil.PrivateKeyFromFile(keyFile)
	if err != nil {
		return nil, damaged(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, damaged(fmt.Errorf("%s holds a key that cannot sign", keyFile))
	}
	return &authority{certificate: found[0], key: signer}, nil
}

// makeAuthority creates the authority and stores it.
func makeAuthority(certFile, keyFile string) (*authority, error) {
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, err
	}
	certificate, err := certutil.NewSelfSignedCACert(certutil.Config{CommonName: "playground-ca"}, key)
	if err != nil {
		return nil, fmt.Errorf("create the certificate authority: %w", err)
	}
	if err := keyutil.WriteKey(keyFile, keyPEM); err != nil {
		return nil, fmt.Errorf("store the key of the certificate authority: %w", err)
	}
	if err := certutil.WriteCert(certFile, pemCertificate(certificate.Raw)); err != nil {
		return nil, fmt.Errorf("store the certificate authority: %w", err)
	}
	return &authority{certificate: certificate, key: key}, nil
}

// issue signs a certificate for a new key and returns both as PEM.
func (a *authority) issue(identity x509.Certificate) (certificate, key []byte, err error) {
	signer, keyPEM, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	// One minute of slack keeps a certificate valid across a small step of the clock.
	identity.NotBefore = time.Now().Add(-time.Minute)
	identity.NotAfter = time.Now().Add(leafLifetime)
	identity.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, &identity, a.certificate, signer.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("issue the certificate of %s: %w", identity.Subject.CommonName, err)
	}
	return pemCertificate(der), keyPEM, nil
}

// keepSigningKey makes the key that signs service account tokens, unless it is
// there. It is an RSA key because that is what every consumer of such tokens
// outside the cluster accepts. The public half is written each time.
func keepSigningKey(keyFile, pubFile string) error {
	key, err := keyutil.PrivateKeyFromFile(keyFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		key, err = makeSigningKey(keyFile)
		if err != nil {
			return err
		}
	case err != nil:
		return damaged(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return damaged(fmt.Errorf("%s holds a key that cannot sign", keyFile))
	}
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return fmt.Errorf("encode the public key for service account tokens: %w", err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: keyutil.PublicKeyBlockType, Bytes: der})
	if err := os.WriteFile(pubFile, public, 0o644); err != nil {
		return fmt.Errorf("store the public key for service account tokens: %w", err)
	}
	return nil
}

// makeSigningKey creates and stores a key for service account tokens.
func makeSigningKey(keyFile string) (crypto.Signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("create the key for service account tokens: %w", err)
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, fmt.Errorf("encode the key for service account tokens: %w", err)
	}
	if err := keyutil.WriteKey(keyFile, keyPEM); err != nil {
		return nil, fmt.Errorf("store the key for service account tokens: %w", err)
	}
	return key, nil
}

// newKey creates a key for a TLS certificate.
func newKey() (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("create a key: %w", err)
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode a key: %w", err)
	}
	return key, keyPEM, nil
}

// pemCertificate encodes a certificate as files and kubeconfigs want it.
func pemCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: certutil.CertificateBlockType, Bytes: der})
}

// damaged tells what to do about key material that is there but of no use. It is
// never replaced silently: tokens and kubeconfigs that are in use depend on it.
func damaged(err error) error {
	return fmt.Errorf("the key material in the state folder is damaged; remove the folder to start afresh: %w", err)
}
