package kfam

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

// endpoint answers one call for a caller, or returns why not.
type endpoint func(http.ResponseWriter, *http.Request, access.Caller) error

// serve finds out who is calling and turns errors into answers. Until the Index knows what
// is in the cluster nobody gets an answer, since one with gaps would be wrong.
func (s *Server) serve(handle endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := s.answer(handle, w, r)
		if err == nil {
			return
		}
		status, message := statusOf(err)
		var refusal *access.Error
		if status >= http.StatusInternalServerError || errors.As(err, &refusal) && refusal.Cause != nil {
			s.Log.Error(err, "a request was not carried out", "method", r.Method, "path", r.URL.Path, "status", status)
		}
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		text(w, status, message)
	})
}

func (s *Server) answer(handle endpoint, w http.ResponseWriter, r *http.Request) error {
	if !s.Synced() {
		return &access.Error{Kind: access.Unavailable, Message: "The access service is starting. Try again in a moment."}
	}
	c, err := s.identify(r)
	if err != nil {
		return err
	}
	return handle(w, r, c)
}

// unauthorized is a refusal that clients expect with the status 401.
type unauthorized struct{ error }

// Unwrap returns the refusal.
func (u unauthorized) Unwrap() error { return u.error }

func statusOf(err error) (int, string) {
	var refused *caller.Refusal
	if errors.As(err, &refused) {
		return refused.Status, refused.Message
	}
	known := access.AsError(err)
	var instead unauthorized
	if known.Kind == access.Forbidden && errors.As(err, &instead) {
		return http.StatusUnauthorized, known.Message
	}
	return map[access.ErrorKind]int{
		access.Unavailable: http.StatusServiceUnavailable, access.Forbidden: http.StatusForbidden, access.NotFound: http.StatusNotFound,
		access.Conflict: http.StatusConflict, access.Invalid: http.StatusBadRequest,
	}[known.Kind], known.Message
}

// recovering answers a panic with 500, counts it, and lets the server live.
func (s *Server) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				s.Metrics.panics.Inc()
				s.Log.Error(nil, "a request ended in a panic; this is a mistake in the program", "panic", cause, "stack", string(debug.Stack()))
				text(w, http.StatusInternalServerError, "Something went wrong inside. Ask an administrator to look into the log.")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func text(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(message))
}

// saying answers with the same text always.
func saying(message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, message) })
}

// serving answers with the same content always.
func serving(contentType string, content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeContent(w, contentType, content)
	})
}

func writeJSON(w http.ResponseWriter, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	writeContent(w, "application/json", content)
	return nil
}

func writeContent(w http.ResponseWriter, contentType string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(content)
}
