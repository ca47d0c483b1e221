package issuer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/client-go/rest"
)

const discoveryPath = "/.well-known/openid-configuration"

// ThroughAPIServer returns a client that asks the API server itself for the discovery
// document and the keys of whatever issuer it is asked for, with the configuration's
// credentials. So an issuer whose name no resolver knows can still be verified.
func ThroughAPIServer(config *rest.Config) (*http.Client, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	return &http.Client{Transport: redirected{to: base, next: next}, Timeout: client.Timeout}, nil
}

// redirected sends every request to one host.
type redirected struct {
	to   *url.URL
	next http.RoundTripper
}

// RoundTrip sends a copy of the request, as its contract demands.
func (r redirected) RoundTrip(request *http.Request) (*http.Response, error) {
	copied := request.Clone(request.Context())
	copied.URL.Scheme, copied.URL.Host, copied.Host = r.to.Scheme, r.to.Host, ""
	// An issuer may have a path of its own; the API server knows only this one.
	if strings.HasSuffix(copied.URL.Path, discoveryPath) {
		copied.URL.Path, copied.URL.RawPath = discoveryPath, ""
	}
	return r.next.RoundTrip(copied)
}

// OfAPIServer returns the issuer of the tokens of an API server, as it says itself.
func OfAPIServer(ctx context.Context, config *rest.Config) (string, error) {
	client, err := ThroughAPIServer(config)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+discoveryPath, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s%s answers %s; the user needs the ClusterRole system:service-account-issuer-discovery", config.Host, discoveryPath, response.Status)
	}
	var document struct{ Issuer string }
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&document); err != nil {
		return "", fmt.Errorf("read the discovery document: %w", err)
	}
	return document.Issuer, nil
}
