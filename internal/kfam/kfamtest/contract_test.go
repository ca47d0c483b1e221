package kfamtest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a document of three calls.
const small = `{"openapi": "3.1.0", "info": {"title": "small", "version": "v1"}, "paths": {
  "/things/": {
    "get": {"parameters": [{"name": "role", "in": "query", "allowEmptyValue": true, "schema": {"type": "string", "enum": ["edit", ""]}}],
      "responses": {
        "200": {"description": "all", "content": {"application/json": {"schema": {"type": "object", "required": ["things"], "properties": {"things": {"type": "array"}}}}}},
        "403": {"description": "no", "headers": {"WWW-Authenticate": {"required": true, "schema": {"type": "string", "const": "Bearer"}}},
          "content": {"text/plain": {"schema": {"type": "string", "minLength": 1}}}}}},
    "delete": {"requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["name"]}}}},
      "responses": {"200": {"description": "gone"}}}},
  "/things/{name}": {"get": {"parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "one"}}}}}}`

// answering is a RoundTripper that answers everything alike.
type answering struct {
	status int
	header map[string]string
	body   string
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	header := http.Header{}
	for name, value := range a.header {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Header: header, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func newContract(t *testing.T) *Contract {
	t.Helper()
	c, err := NewContract([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatTheDocumentDoesNotPromiseFailsTheRequest(t *testing.T) {
	asJSON, asText := map[string]string{"Content-Type": "application/json"}, map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	refused := map[string]string{"Content-Type": "text/plain; charset=utf-8", "WWW-Authenticate": "Bearer"}
	tests := map[string]struct {
		method, path, sent string
		answer             answering
		complaint          string
	}{
		"as promised":                {"GET", "/things/", "", answering{200, asJSON, `{"things":[]}`}, ""},
		"without the slash":          {"GET", "/things", "", answering{200, asJSON, `{"things":[]}`}, ""},
		"a refusal as promised":      {"GET", "/things", "", answering{403, refused, "No."}, ""},
		"a parameter that is empty":  {"GET", "/things?role=", "", answering{200, asJSON, `{"things":[]}`}, ""},
		"an empty body as promised":  {"DELETE", "/things", `{"name":"a"}`, answering{200, nil, ""}, ""},
		"a call that there is not":   {"GET", "/nothing", "", answering{404, asText, "no"}, ""},
		"another status":             {"GET", "/things", "", answering{500, asText, "No."}, "status is not supported"},
		"a body of another type":     {"GET", "/things", "", answering{200, asText, `{"things":[]}`}, "Content-Type"},
		"null for a list":            {"GET", "/things", "", answering{200, asJSON, `{"things":null}`}, "things"},
		"a field that is missing":    {"GET", "/things", "", answering{200, asJSON, `{}`}, "things"},
		"a header that is missing":   {"GET", "/things", "", answering{403, asText, "No."}, "WWW-Authenticate"},
		"a refusal without a word":   {"GET", "/things", "", answering{403, refused, ""}, "minLength"},
		"a body where none should":   {"DELETE", "/things", `{"name":"a"}`, answering{200, asText, "gone"}, "should be empty"},
		"a wrong body that succeeds": {"DELETE", "/things", `{}`, answering{200, nil, ""}, "should not have succeeded"},
		"a wrong parameter that is":  {"GET", "/things?role=own", "", answering{200, asJSON, `{"things":[]}`}, "should not have succeeded"},
		"a call that is not listed":  {"POST", "/things", "", answering{200, nil, ""}, "no such call"},
		"a path that is not listed":  {"GET", "/others", "", answering{200, nil, ""}, "no such call"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, "http://api.example"+test.path, strings.NewReader(test.sent))
			if err != nil {
				t.Fatal(err)
			}
			response, err := newContract(t).Transport(test.answer).RoundTrip(request)
			switch {
			case test.complaint == "" && err != nil:
				t.Fatal(err)
			case test.complaint != "" && (err == nil || !strings.Contains(err.Error(), test.complaint)):
				t.Fatalf("the error is %v, want one about %q", err, test.complaint)
			case err != nil:
				return
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || string(body) != test.answer.body {
				t.Errorf("the client reads %q, %v; want %q", body, err, test.answer.body)
			}
		})
	}
}

func TestUnseenAnswersAreListed(t *testing.T) {
	c := newContract(t)
	if diff := cmp.Diff([]string{"DELETE /things", "GET /things", "GET /things/{name}"}, c.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	for path, answer := range map[string]answering{
		"/things":   {200, map[string]string{"Content-Type": "application/json"}, `{"things":[]}`},
		"/things/a": {200, nil, ""},
	} {
		client := http.Client{Transport: c.Transport(answer)}
		response, err := client.Get("http://api.example" + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	if diff := cmp.Diff([]string{"DELETE /things 200", "GET /things 403"}, c.Unseen()); diff != "" {
		t.Errorf("unseen (-want +got):\n%s", diff)
	}
}

func TestWrongDocumentsAreRefused(t *testing.T) {
	for name, document := range map[string]string{
		"no document":       "things",
		"an old version":    strings.Replace(small, "3.1.0", "3.0.3", 1),
		"a wrong schema":    strings.Replace(small, `"type": "array"`, `"type": "list"`, 1),
		"a missing title":   strings.Replace(small, `"title": "small", `, "", 1),
		"a wrong parameter": strings.Replace(small, `"in": "path"`, `"in": "route"`, 1),
	} {
		if _, err := NewContract([]byte(document)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
