package vault

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// client makes the few calls of Vault's HTTP API that the plugin needs
// (https://developer.hashicorp.com/vault/api-docs).
type client struct {
	address, tokenFile string
	// rolePrefix is for telling which rights are missing.
	rolePrefix string
	http       *http.Client
}

// policies is where Vault has its ACL policies.
const policies = "sys/policies/acl/"

const (
	// longestCall ends a call that hangs, so that it does not keep a role locked.
	longestCall = 10 * time.Second
	// longestAnswer is far more than a role or a policy takes.
	longestAnswer = 4 << 20
)

func newClient(o Options, transport http.RoundTripper) *client {
	return &client{address: o.Address, tokenFile: o.TokenFile, rolePrefix: o.RolePrefix, http: &http.Client{
		Transport: transport, Timeout: longestCall,
		// The token would go to wherever a redirect leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// newTransport trusts the certificate authorities of a file, or without one the system's.
func newTransport(caFile string) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if caFile == "" {
		return transport, nil
	}
	text, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("-vault-ca-file: %w", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("-vault-ca-file: %s has no certificate in PEM", caFile)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
	return transport, nil
}

func (c *client) hasPolicy(ctx context.Context, name string) (bool, error) {
	return c.found(ctx, request{http.MethodGet, policies + name}, nil, nil)
}

func (c *client) readRole(ctx context.Context, t target) (role, bool, error) {
	var answer struct {
		Data role `json:"data"`
	}
	there, err := c.found(ctx, request{http.MethodGet, t.path()}, nil, &answer)
	return answer.Data, there, err
}

// writeRole makes the role or changes what it says. An answer of 404 means that nothing is
// enabled at that path.
func (c *client) writeRole(ctx context.Context, t target) error {
	there, err := c.found(ctx, request{http.MethodPut, t.path()}, t.role, nil)
	if err == nil && !there {
		return noSuchMethod(t)
	}
	return err
}

// deleteRole succeeds also when the role is gone, or all of the auth method.
func (c *client) deleteRole(ctx context.Context, t target) error {
	_, err := c.found(ctx, request{http.MethodDelete, t.path()}, nil, nil)
	return err
}

// found makes a call and tells of the answer 404 that something is not there.
func (c *client) found(ctx context.Context, r request, in, out any) (bool, error) {
	err := c.call(ctx, r, in, out)
	var refused *refusal
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, explain(err, c.rolePrefix)
}

// request is a call without its content.
type request struct{ method, path string }

// call sends in as JSON, unless it is nil, and reads the answer into out, unless that is.
func (c *client) call(ctx context.Context, r request, in, out any) error {
	token, err := readToken(c.tokenFile)
	if err != nil {
		return err
	}
	var content bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&content).Encode(in); err != nil {
			return err
		}
	}
	address, err := url.JoinPath(c.address, "v1", r.path)
	if err != nil {
		return err
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, address, &content)
	if err != nil {
		return err
	}
	sent.Header.Set("X-Vault-Token", token)
	sent.Header.Set("X-Vault-Request", "true")
	sent.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(sent)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return r.read(answer.StatusCode, io.LimitReader(answer.Body, longestAnswer), out)
}

// read takes 200 and 204 for success, as the documentation asks for.
func (r request) read(status int, content io.Reader, out any) error {
	if status != http.StatusOK && status != http.StatusNoContent {
		return r.refused(status, content)
	}
	if out == nil {
		_, err := io.Copy(io.Discard, content) // Lets the connection be used again.
		return err
	}
	return json.NewDecoder(content).Decode(out)
}

// refused is the error of an answer that is not a success. Vault says all errors in one form,
// so what comes in another is not from Vault: the 404 of some proxy must not be taken for
// the word that a role is gone.
func (r request) refused(status int, content io.Reader) error {
	said, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	var form struct{ Errors *[]string }
	if redirect := status/100 == 3; !redirect && (json.Unmarshal(said, &form) != nil || form.Errors == nil) {
		return fmt.Errorf("%s %s: %d, and not as Vault says it: %.200q", r.method, r.path, status, said)
	}
	return &refusal{request: r, status: status, said: strings.TrimSpace(string(said))}
}

func readToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	token := strings.TrimSpace(string(text))
	if err != nil || token == "" {
		return "", &noToken{file: path, cause: err}
	}
	return token, nil
}
