package issuer

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-jose/go-jose/v4"
)

// Publish replaces the published keys by that of a token signer: under the key ID that
// tokens name, and with a self-signed certificate over it as x5c, without which RADOS
// Gateway refuses every token. Only the private key can sign that certificate.
func (i *Issuer) Publish(keyID string, key crypto.Signer) error {
	certificate, err := selfSigned(certificateTemplate("token signer"), key)
	if err != nil {
		return fmt.Errorf("make a certificate over the signing key: %w", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.thumbprint = thumbprintOf(certificate)
	i.keys = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		KeyID: keyID, Key: key.Public(), Algorithm: algorithmOf(key), Use: "sig", Certificates: []*x509.Certificate{certificate},
	}}}
	return nil
}

// PublishAPIServer publishes an API server's signing key, given in PEM, under the ID that
// the API server's own JWKS (GET /openid/v1/jwks) has for it.
func (i *Issuer) PublishAPIServer(jwks, signingKeyPEM []byte) error {
	key, err := parseSigningKey(signingKeyPEM)
	if err != nil {
		return err
	}
	var published jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &published); err != nil {
		return fmt.Errorf("read the API server's keys: %w", err)
	}
	for _, candidate := range published.Keys {
		if reflect.DeepEqual(candidate.Key, key.Public()) {
			return i.Publish(candidate.KeyID, key)
		}
	}
	return errors.New("the API server does not publish this signing key; give the file of its --service-account-signing-key-file")
}

// parseSigningKey reads a private key as Kubernetes does, in any of the usual PEM blocks.
func parseSigningKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the signing key is not in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the signing key is not a private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", key)
	}
	return signer, nil
}
