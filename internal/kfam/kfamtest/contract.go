// Package kfamtest holds what the access API answers against its OpenAPI document. It is for
// tests: put a Contract's Transport around an HTTP client, and whatever the document does not
// promise fails the request.
package kfamtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Contract is an OpenAPI document and what was seen of it. It may be used by many at the
// same time.
type Contract struct {
	document *openapi3.T
	router   routers.Router

	mu   sync.Mutex
	seen map[string]bool
}

// NewContract reads an OpenAPI 3.1 document, such as kfam.OpenAPI(). The error tells what is
// wrong with the document, its examples included.
func NewContract(document []byte) (*Contract, error) {
	parsed, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	if !strings.HasPrefix(parsed.OpenAPI, "3.1.") {
		return nil, fmt.Errorf("the document is of OpenAPI %q, not of 3.1", parsed.OpenAPI)
	}
	if err := parsed.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the OpenAPI document is not valid: %w", err)
	}
	router, err := legacy.NewRouter(parsed)
	if err != nil {
		return nil, fmt.Errorf("read the paths of the OpenAPI document: %w", err)
	}
	return &Contract{document: parsed, router: router, seen: map[string]bool{}}, nil
}

// Calls returns the calls that the document has, each as method and path without a slash at
// the end, such as "GET /kfam/v1/bindings", sorted.
func (c *Contract) Calls() []string {
	var calls []string
	for path, item := range c.document.Paths.Map() {
		for method := range item.Operations() {
			calls = append(calls, callOf(method, path))
		}
	}
	slices.Sort(calls)
	return calls
}

// Unseen returns the answers that the document promises and no request through Transport has
// had yet, each as a call and a status, such as "GET /kfam/v1/bindings 403", sorted.
func (c *Contract) Unseen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var unseen []string
	for path, item := range c.document.Paths.Map() {
		for method, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				if answer := callOf(method, path) + " " + status; !c.seen[answer] {
					unseen = append(unseen, answer)
				}
			}
		}
	}
	slices.Sort(unseen)
	return unseen
}

func (c *Contract) note(route *routers.Route, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[callOf(route.Method, route.Path)+" "+strconv.Itoa(status)] = true
}

func callOf(method, path string) string { return method + " " + strings.TrimSuffix(path, "/") }

// find returns the call that a request is for, and false when the document has none. The API
// takes paths with and without a slash at the end, and HEAD where it takes GET.
func (c *Contract) find(r *http.Request) (*routers.Route, map[string]string, bool) {
	trimmed := strings.TrimSuffix(r.URL.Path, "/")
	for _, path := range []string{trimmed, trimmed + "/"} {
		asked := &http.Request{Method: r.Method, URL: &url.URL{Path: path}}
		if asked.Method == http.MethodHead {
			asked.Method = http.MethodGet
		}
		if route, parameters, err := c.router.FindRoute(asked); err == nil {
			return route, parameters, true
		}
	}
	return nil, nil, false
}
