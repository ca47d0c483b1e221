package e2ekfam

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Paths of the API.
const (
	bindingsPath     = "/kfam/v1/bindings"
	profilesPath     = "/kfam/v1/profiles"
	clusterAdminPath = "/kfam/v1/role/clusteradmin"
)

// request is one call. Headers are given as name, value, name, value…
type request struct {
	method, path, body string
	headers            []string
}

// answer is what came back, as far as clients look at it.
type answer struct {
	status            int
	contentType, body string
}

// send sends a request to an access API.
func send(t *testing.T, client *http.Client, url string, r request) (answer, http.Header) {
	t.Helper()
	sent, err := http.NewRequestWithContext(t.Context(), r.method, url+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(r.headers); i += 2 {
		sent.Header.Add(r.headers[i], r.headers[i+1])
	}
	response, err := client.Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header.Get("Content-Type"), string(body)}, response.Header
}

// call sends a request as a user, or as nobody, to the access API that believes it.
func call(t *testing.T, as, method, path, body string) answer {
	t.Helper()
	r := request{method: method, path: path, body: body}
	if as != "" {
		r.headers = []string{"kubeflow-userid", as}
	}
	got, _ := send(t, from("127.0.0.1"), unmeshed.URL, r)
	return got
}

// must fails the test unless the answer has this status and, if any is given, this body.
func must(t *testing.T, as, method, path, body string, status int, want ...string) {
	t.Helper()
	got := call(t, as, method, path, body)
	if got.status != status || len(want) > 0 && got.body != want[0] {
		t.Errorf("%s %s as %q with %s: the answer is %d %s, want %d %v", method, path, as, body, got.status, got.body, status, want)
	}
}

// mustSay fails the test unless the answer has this status and these words.
func mustSay(t *testing.T, as, method, path, body string, status int, words string) {
	t.Helper()
	got := call(t, as, method, path, body)
	if got.status != status || !strings.Contains(got.body, words) {
		t.Errorf("%s %s as %q with %s: the answer is %d %s, want %d and %q", method, path, as, body, got.status, got.body, status, words)
	}
}

// patience is how long something that follows may take.
const patience = 20 * time.Second

// soon repeats a check until it holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-again.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// lists waits until a list has just these bindings.
func lists(t *testing.T, as, query string, want ...string) {
	t.Helper()
	soon(t, fmt.Sprintf("%s as %q is answered with %s", query, as, listOf(want...)), func() bool {
		return call(t, as, http.MethodGet, bindingsPath+"?"+query, "").body == listOf(want...)
	})
}

func listOf(bindings ...string) string { return `{"bindings":[` + strings.Join(bindings, ",") + `]}` }

func profileOf(name, owner string) string { return profileWith(name, owner, "", "") }

// profileWith has more in its metadata and its spec, each beginning with a comma.
func profileWith(name, owner, metadata, spec string) string {
	return fmt.Sprintf(`{"metadata":{"name":%q%s},"spec":{"owner":{"kind":"User","name":%q}%s}}`, name, metadata, owner, spec)
}

func bindingOf(user, namespace, role string) string { return bindingFor("User", user, namespace, role) }

func bindingFor(kind, name, namespace, role string) string {
	return fmt.Sprintf(`{"user":{"kind":%q,"name":%q},"referredNamespace":%q,"RoleRef":{"apiGroup":"","kind":"ClusterRole","name":%q}}`, kind, name, namespace, role)
}

// room registers a Profile for a user of its own, as they do it, and waits until it is there.
func room(t *testing.T, name string) (owner string) {
	t.Helper()
	owner = name + "@example.com"
	must(t, owner, http.MethodPost, profilesPath, profileOf(name, owner), http.StatusOK, "")
	lists(t, owner, "namespace="+name, bindingOf(owner, name, "admin"))
	return owner
}

// shared grants as the owner, and waits until it is listed.
func shared(t *testing.T, namespace, user, role string) {
	t.Helper()
	must(t, namespace+"@example.com", http.MethodPost, bindingsPath, bindingOf(user, namespace, role), http.StatusOK, "")
	lists(t, user, "namespace="+namespace+"&role="+role+"&user="+user, bindingOf(user, namespace, role))
}
