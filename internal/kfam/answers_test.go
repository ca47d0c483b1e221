package kfam

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

func TestErrorsBecomeStatusAndSentence(t *testing.T) {
	secret := errors.New("secret inside")
	tests := map[string]struct {
		err    error
		status int
	}{
		"forbidden":                       {&access.Error{Kind: access.Forbidden, Message: "No."}, http.StatusForbidden},
		"forbidden, on a Profile":         {unauthorized{&access.Error{Kind: access.Forbidden, Message: "No."}}, http.StatusUnauthorized},
		"not found, on a Profile":         {unauthorized{&access.Error{Kind: access.NotFound, Message: "No."}}, http.StatusNotFound},
		"conflict":                        {&access.Error{Kind: access.Conflict, Message: "No.", Cause: secret}, http.StatusConflict},
		"invalid":                         {invalid("No."), http.StatusBadRequest},
		"the cluster is away":             {&access.Error{Kind: access.Unavailable, Message: "No.", Cause: secret}, http.StatusServiceUnavailable},
		"a caller who is not let in":      {&caller.Refusal{Status: http.StatusUnauthorized, Message: "No.", Cause: secret}, http.StatusUnauthorized},
		"an error that nobody thought of": {secret, http.StatusServiceUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, message := statusOf(test.err)
			if status != test.status || strings.Contains(message, "secret") || message == "" {
				t.Errorf("got %d %q, want %d and a sentence that gives nothing away", status, message, test.status)
			}
		})
	}
}

func TestAPanicEndsOneRequestOnly(t *testing.T) {
	s := New(Options{Log: logr.Discard()})
	recorder := httptest.NewRecorder()
	s.recovering(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret inside") })).
		ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/kfam/v1/bindings", nil))
	if recorder.Code != http.StatusInternalServerError || strings.Contains(recorder.Body.String(), "secret") {
		t.Errorf("the answer is %d %s", recorder.Code, recorder.Body)
	}
}

func TestNobodyIsAnsweredBeforeTheClusterIsKnown(t *testing.T) {
	s := New(Options{Log: logr.Discard(), Synced: func() bool { return false }})
	for _, path := range []string{"/readyz", "/kfam/v1/bindings", "/kfam/v1/role/clusteradmin/"} {
		recorder := httptest.NewRecorder()
		s.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		if recorder.Code != http.StatusServiceUnavailable {
			t.Errorf("%s answers %d", path, recorder.Code)
		}
	}
}
