package cli

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// onlyProfiles is what an API server that knows only Profiles answers by path.
var onlyProfiles = map[string]string{
	"/api":  `{"kind":"APIVersions","versions":["v1"]}`,
	"/apis": `{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"kubeflow.org","versions":[{"groupVersion":"kubeflow.org/v1","version":"v1"}]}]}`,
	"/apis/kubeflow.org/v1": `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"kubeflow.org/v1","resources":[
		{"name":"profiles","singularName":"profile","namespaced":false,"kind":"Profile","verbs":["create","list"]}]}`,
}

func TestWarningsOfTheAPIServerAreShownOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer, known := onlyProfiles[r.URL.Path]
		if !known {
			answer = `{"kind":"Profile","apiVersion":"kubeflow.org/v1","metadata":{"name":"ann"}}`
			for _, text := range []string{
				`metadata.finalizers: \"profile-finalizer\": prefer a domain-qualified finalizer name including a path (/)`,
				"a cost centre is missing", "a cost centre is missing", `\\x1b is a word`,
			} {
				w.Header().Add("Warning", `299 - "`+text+`"`)
			}
			w.Header().Add("Warning", `199 - "stale"`)
		}
		_, _ = w.Write([]byte(strings.TrimSpace(answer)))
	}))
	defer server.Close()
	term := open(t)
	term.reaches(server.URL)
	term.prints("create ann --owner ann@example.com", "profile/ann created\n")
	if want := "Warning: a cost centre is missing\nWarning: \\x1b is a word\n"; term.err.String() != want {
		t.Errorf("it says %q, want %q", term.err.String(), want)
	}
}

func TestAWarningCannotMoveTheCursor(t *testing.T) {
	term := open(t)
	w := &warnings{out: term.ErrOut}
	w.HandleWarningHeaderWithContext(t.Context(), 299, "", "\x1b[2J")
	if want := "Warning: \\x1b[2J\n"; term.err.String() != want {
		t.Errorf("it says %q, want %q", term.err.String(), want)
	}
}
