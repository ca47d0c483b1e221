package oidcissuer

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// signingKey is a key as the issuer signs with it and as it publishes it.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

// ID is what tokens name it by.
func (k *signingKey) ID() string { return k.id }

// Use is to sign.
func (k *signingKey) Use() string { return "sig" }

// Algorithm is that of the published key.
func (k *signingKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

// SignatureAlgorithm is that of the signature.
func (k *signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

type privateKey struct{ *signingKey }

// Key is the private key.
func (k privateKey) Key() any { return k.key }

type publicKey struct{ *signingKey }

// Key is the public key.
func (k publicKey) Key() any { return k.key.Public() }

// Rotate gives the issuer a new key. The one before is published no more.
func (i *Issuer) Rotate() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	i.store.key.Store(&signingKey{id: rand.Text(), key: key})
	return nil
}

// Key is the present key and its ID, for tokens that look like the issuer's.
func (i *Issuer) Key() (id string, key *rsa.PrivateKey) {
	present := i.store.key.Load()
	return present.id, present.key
}

// Token returns a token of the issuer that no login gives: valid for an application for an hour
// but for the claims that are given; nil removes one.
func (i *Issuer) Token(application string, claims map[string]any) (string, error) {
	now := time.Now()
	all := map[string]any{"iss": i.URL(), "sub": "anybody", "aud": application, "email_verified": true,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	id, key := i.Key()
	return Sign(jose.RS256, key, id, all)
}

// Sign returns a token with these claims, signed by an algorithm with whatever key. It names
// the key by an ID unless that is empty.
func Sign(algorithm jose.SignatureAlgorithm, key any, keyID string, claims map[string]any) (string, error) {
	options := &jose.SignerOptions{}
	if keyID != "" {
		options = options.WithHeader("kid", keyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("sign a token by %s: %w", algorithm, err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
