package caller

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"
)

const (
	// issuerTimeout is how long an issuer may take to answer.
	issuerTimeout = 10 * time.Second
	// restAfterFailure is how long an issuer that could not be found is left alone.
	restAfterFailure = 2 * time.Second
	// keyReadsBurst and keyReadsEvery bound how often the issuer is asked. Anybody can send
	// tokens with a key ID that nobody knows, and each would else become a request there.
	keyReadsBurst = 10
	keyReadsEvery = time.Second
	// longestAnswer is far above any set of keys.
	longestAnswer = 1 << 20
)

// issuerKeys finds an issuer's keys when they are first needed, so that an issuer that is
// down while this program starts is no reason not to start. The key set then reads them again
// whenever a token is not signed with one that it has, so keys can rotate.
type issuerKeys struct {
	url    string
	client *http.Client
	now    func() time.Time
	// turn holds one value while somebody uses what is below.
	turn     chan struct{}
	found    oidc.KeySet
	failure  error
	failedAt time.Time
}

func newIssuerKeys(o OIDCOptions) *issuerKeys {
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	if client.Timeout == 0 {
		client.Timeout = issuerTimeout
	}
	client.Transport = &issuerTransport{inner: client.Transport, reads: rate.NewLimiter(rate.Every(keyReadsEvery), keyReadsBurst)}
	return &issuerKeys{url: o.Issuer, client: &client, now: o.Now, turn: make(chan struct{}, 1)}
}

func (k *issuerKeys) current(ctx context.Context) (oidc.KeySet, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if k.found == nil && (k.failure == nil || k.now().Sub(k.failedAt) >= restAfterFailure) {
		k.found, k.failure = k.discover(ctx)
		k.failedAt = k.now()
	}
	return k.found, k.failure
}

// discover asks the issuer where its keys are. It does not end with the request that asked
// first, since others wait for the same answer; the client's timeout ends it.
func (k *issuerKeys) discover(ctx context.Context) (oidc.KeySet, error) {
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), k.client)
	provider, err := oidc.NewProvider(ctx, k.url)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	if document.Keys == "" {
		return nil, errors.New("its discovery document has no jwks_uri")
	}
	return oidc.NewRemoteKeySet(ctx, document.Keys), nil
}

// watchedKeys remembers, for the verification of one token, that the keys could not be read:
// the verifier passes on only the words of such an error.
type watchedKeys struct {
	oidc.KeySet
	unreachable error
}

// VerifySignature is the key set's own.
func (w *watchedKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, token)
	var failed *issuerError
	if errors.As(err, &failed) || (err != nil && ctx.Err() != nil) {
		w.unreachable = err
	}
	return payload, err
}

// issuerError is that the issuer did not give a usable answer.
type issuerError struct{ cause error }

func (e *issuerError) Error() string { return e.cause.Error() }
func (e *issuerError) Unwrap() error { return e.cause }

// issuerTransport makes every answer that is not the JSON that was asked for an issuerError,
// so that it can be told from a wrong signature, and bounds the number and size of answers.
type issuerTransport struct {
	// inner is nil for the default transport.
	inner http.RoundTripper
	reads *rate.Limiter
}

// RoundTrip reads the whole answer, which is small.
func (t *issuerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.fetch(r)
	if err != nil {
		return nil, &issuerError{err}
	}
	return response, nil
}

func (t *issuerTransport) fetch(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, fmt.Errorf("%s is not an https URL", r.URL.Redacted())
	}
	if !t.reads.Allow() {
		return nil, errors.New("too many tokens with unknown keys; the issuer is not asked again for a second")
	}
	inner := t.inner
	if inner == nil {
		inner = http.DefaultTransport
	}
	response, err := inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	redirected := response.StatusCode/100 == 3
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK && !redirected:
		return nil, fmt.Errorf("%s answered %s", r.URL.Redacted(), response.Status)
	case !redirected && !json.Valid(body):
		return nil, fmt.Errorf("%s answered %d bytes that are not JSON", r.URL.Redacted(), len(body))
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}
