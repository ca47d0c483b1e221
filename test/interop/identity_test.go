package interop

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	pki "istio.io/istio/security/pkg/pki/util"
)

// authority is the root that all clusters of the mesh trust. It certifies any identity, of
// any trust domain: to judge the identity is for the rules.
type authority struct {
	certificate *x509.Certificate
	key         crypto.PrivateKey
	pool        *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	certificate, key := generated(t, pki.CertOptions{IsCA: true, IsSelfSigned: true, Org: "mesh"})
	a := &authority{pool: x509.NewCertPool()}
	var err error
	if a.certificate, err = pki.ParsePemEncodedCertificate(certificate); err != nil {
		t.Fatal(err)
	}
	if a.key, err = pki.ParsePemEncodedKey(key); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.certificate)
	return a
}

// certify returns a certificate for a SPIFFE identity such as cluster.local/ns/a/sa/b.
func (a *authority) certify(t *testing.T, identity string) tls.Certificate {
	t.Helper()
	certificate, key := generated(t, pki.CertOptions{Host: "spiffe://" + identity + ",127.0.0.1", IsClient: true, IsServer: true,
		SignerCert: a.certificate, SignerPriv: a.key})
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func generated(t *testing.T, options pki.CertOptions) (certificate, key []byte) {
	t.Helper()
	options.NotBefore, options.TTL, options.ECSigAlg = time.Now().Add(-time.Hour), 2*time.Hour, pki.EcdsaSigAlg
	certificate, key, err := pki.GenCertKeyFromOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}
