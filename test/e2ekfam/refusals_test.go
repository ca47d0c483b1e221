package e2ekfam

import (
	"net/http"
	"strings"
	"testing"
)

// TestErrorsAreSentences: the dashboard shows them as they come.
func TestErrorsAreSentences(t *testing.T) {
	errors := map[string]request{
		"no JSON":        {method: http.MethodPost, path: bindingsPath, body: "{"},
		"no such role":   {method: http.MethodGet, path: bindingsPath + "?role=owner"},
		"not yours":      {method: http.MethodPost, path: bindingsPath, body: bindingOf("x@example.com", "kube-system", "edit")},
		"no such thing":  {method: http.MethodDelete, path: profilesPath + "/x"},
		"for an admin":   {method: http.MethodGet, path: clusterAdminPath + "?user=x"},
		"reserved":       {method: http.MethodPost, path: profilesPath, body: profileOf("default", "errors@example.com")},
		"two users":      {method: http.MethodGet, path: bindingsPath, headers: []string{"kubeflow-userid", "x"}},
		"too long":       {method: http.MethodPost, path: profilesPath, body: `"` + strings.Repeat("x", 64<<10) + `"`},
		"an empty body":  {method: http.MethodPost, path: profilesPath},
		"another object": {method: http.MethodPost, path: bindingsPath, body: `{"kind":"List"}`},
	}
	for name, r := range errors {
		r.headers = append(r.headers, "kubeflow-userid", "errors@example.com")
		got, headers := send(t, from("127.0.0.1"), unmeshed.URL, r)
		if got.status < 400 || got.status >= 500 || got.contentType != plainText || headers.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %s %v", name, got.status, got.contentType, headers)
		}
		if strings.HasPrefix(got.body, "{") || !strings.HasSuffix(got.body, ".") || len(got.body) < 15 {
			t.Errorf("%s: the dashboard would show %q", name, got.body)
		}
	}
}

func TestWhatIsNoCall(t *testing.T) {
	must(t, admin, http.MethodGet, "/kfam/v1/users", "", http.StatusNotFound)
	must(t, admin, http.MethodGet, "/", "", http.StatusNotFound)
	must(t, admin, http.MethodPut, bindingsPath, bindingOf("x@example.com", "x", "edit"), http.StatusMethodNotAllowed)
	must(t, admin, http.MethodGet, profilesPath+"/x", "", http.StatusMethodNotAllowed)
}

// TestRequestsThatMakeNoSense are those over which the existing API falls, or which it takes.
func TestRequestsThatMakeNoSense(t *testing.T) {
	const owner = "senseless@example.com"
	bindings := map[string]string{
		"no user":                   `{"referredNamespace":"n","RoleRef":{"kind":"ClusterRole","name":"edit"}}`,
		"null for a user":           `{"user":null,"referredNamespace":"n","RoleRef":{"kind":"ClusterRole","name":"edit"}}`,
		"no RoleRef":                `{"user":{"kind":"User","name":"x@example.com"},"referredNamespace":"n"}`,
		"no namespace":              `{"user":{"kind":"User","name":"x@example.com"},"RoleRef":{"kind":"ClusterRole","name":"edit"}}`,
		"no name":                   bindingOf("", "n", "edit"),
		"a service account by kind": bindingFor("ServiceAccount", "default", "n", "edit"),
		"nothing":                   `{}`,
		"null":                      `null`,
		"a list":                    `[]`,
		"a number":                  `1`,
		"emptiness":                 ``,
		"a name that is a number":   `{"user":{"kind":"User","name":7},"referredNamespace":"n","RoleRef":{"name":"edit"}}`,
	}
	for _, role := range []string{"", "owner", "Edit", "cluster-admin", "kubeflow-edit", "edit "} {
		bindings["role "+role] = bindingOf("x@example.com", "n", role)
	}
	for name, body := range bindings {
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			if got := call(t, admin, method, bindingsPath, body); got.status != http.StatusBadRequest {
				t.Errorf("%s, %s: %d %s", method, name, got.status, got.body)
			}
		}
	}
	for name, body := range map[string]string{
		"no name": profileOf("", owner), "a name in capitals": profileOf("Senseless", owner), "a path for a name": profileOf("../x", owner),
		"a long name": profileOf(strings.Repeat("a", 64), owner), "no owner": `{"metadata":{"name":"senseless"}}`,
		"an owner of no kind": `{"metadata":{"name":"senseless"},"spec":{"owner":{"name":"` + owner + `"}}}`,
		"everybody":           profileOf("senseless", "*"), "a field that there is none of": profileWith("senseless", owner, "", `,"privileged":true`),
		"a list": `[]`, "emptiness": ``, "null": `null`,
	} {
		if got := call(t, admin, http.MethodPost, profilesPath, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	noProfile(t, "senseless")
	for _, query := range []string{"role=owner", "role=kubeflow-edit", "user=a&user=b", "user=%zz", "user=a;namespace=b"} {
		must(t, admin, http.MethodGet, bindingsPath+"?"+query, "", http.StatusBadRequest)
	}
	must(t, admin, http.MethodGet, clusterAdminPath+"?user=a&user="+admin, "", http.StatusBadRequest)
}
