package kfamtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Transport returns a RoundTripper that sends requests through next and fails those whose
// answer the document does not promise: another status, other headers, another body. It also
// fails requests that succeed although the document says that they are not well-formed.
func (c *Contract) Transport(next http.RoundTripper) http.RoundTripper { return transport{c, next} }

type transport struct {
	contract *Contract
	next     http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	if r.Body != nil {
		out.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := t.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	got, err := readAll(response.Body)
	if err != nil {
		return nil, err
	}
	if err := t.contract.check(r, sent, response, got); err != nil {
		return nil, fmt.Errorf("%s %s answers %s with %.200q, against the OpenAPI document: %w", r.Method, r.URL.Path, response.Status, got, err)
	}
	response.Body = io.NopCloser(bytes.NewReader(got))
	return response, nil
}

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

func (c *Contract) check(r *http.Request, sent []byte, response *http.Response, got []byte) error {
	route, parameters, found := c.find(r)
	if !found {
		return checkUnlisted(response.StatusCode)
	}
	c.note(route, response.StatusCode)
	asked := requestInput(r, sent, route, parameters)
	answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked,
		Status: response.StatusCode, Header: response.Header, Options: asked.Options}
	if err := openapi3filter.ValidateResponse(r.Context(), answer.SetBodyBytes(got)); err != nil {
		return err
	}
	if promised := route.Operation.Responses.Status(response.StatusCode); promised != nil && len(promised.Value.Content) == 0 && len(got) > 0 {
		return fmt.Errorf("the body should be empty")
	}
	if response.StatusCode != http.StatusOK {
		return nil
	}
	if err := openapi3filter.ValidateRequest(r.Context(), asked); err != nil {
		return fmt.Errorf("the request should not have succeeded: %w", err)
	}
	return nil
}

// checkUnlisted says what is wrong about the answer to a call that the document does not
// have. Go's router sends paths with needless dots and slashes elsewhere.
func checkUnlisted(status int) error {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusTemporaryRedirect, http.StatusRequestHeaderFieldsTooLarge:
		return nil
	default:
		return fmt.Errorf("the document has no such call")
	}
}

// requestInput is the request as the API reads it: the body is JSON whatever its type says.
func requestInput(r *http.Request, sent []byte, route *routers.Route, parameters map[string]string) *openapi3filter.RequestValidationInput {
	asked := r.Clone(r.Context())
	asked.Header.Set("Content-Type", "application/json")
	asked.Body = io.NopCloser(bytes.NewReader(sent))
	return &openapi3filter.RequestValidationInput{Request: asked, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
}
