package gcpiam

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
)

// caller is a service account that has a key and may do some things.
type caller struct {
	email, project string
	key            *rsa.PrivateKey
	// permissions are such as iam.serviceAccounts.getIamPolicy; nil stands for all.
	permissions []string
}

// keyBits is the size of Google's own keys.
const keyBits = 2048

func newCaller(name, project string, permissions []string) (*caller, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", name, err)
	}
	return &caller{email: name + "@" + project + ".iam.gserviceaccount.com", project: project, key: key, permissions: permissions}, nil
}

func (c *caller) may(permission string) bool {
	return c.permissions == nil || slices.Contains(c.permissions, permission)
}

// Key is the key of a service account.
type Key struct {
	caller   *caller
	tokenURI string
}

// Key is that of a caller who may do everything.
func (s *Server) Key() Key {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return Key{s.state.callers["owner@"+s.options.Project+".iam.gserviceaccount.com"], s.URL() + tokenPath}
}

// AddCaller adds a caller who has the permissions and no others, and returns its key.
func (s *Server) AddCaller(name string, permissions ...string) (Key, error) {
	c, err := newCaller(name, s.options.Project, append([]string{}, permissions...))
	if err != nil {
		return Key{}, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.callers[c.email] = c
	return Key{c, s.URL() + tokenPath}, nil
}

// RemoveCaller makes a key worthless.
func (s *Server) RemoveCaller(k Key) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	delete(s.state.callers, k.caller.email)
	for token, email := range s.state.tokens {
		if email == k.caller.email {
			delete(s.state.tokens, token)
		}
	}
}

// JSON is the key as a file for GOOGLE_APPLICATION_CREDENTIALS.
func (k Key) JSON() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.caller.key)
	if err != nil {
		panic(err) // The key was made here and is of a type that can be marshaled.
	}
	text, err := json.MarshalIndent(map[string]string{
		"type":           "service_account",
		"project_id":     k.caller.project,
		"private_key_id": keyID,
		"private_key":    string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email":   k.caller.email,
		"client_id":      "100000000000000000001",
		"token_uri":      k.tokenURI,
	}, "", "  ")
	if err != nil {
		panic(err)
	}
	return text
}

const keyID = "0123456789abcdef0123456789abcdef01234567"
