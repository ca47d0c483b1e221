package kfam_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kfprofiles/kfprofiles/internal/kfam"
	"github.com/kfprofiles/kfprofiles/internal/kfam/kfamtest"
)

const (
	carlasProfile = `{"metadata":{"name":"carla"},"spec":{"owner":{"kind":"User","name":"carla@example.com"}}}`
	bensEdit      = `{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":"ann","RoleRef":{"kind":"ClusterRole","name":"edit"}}`
	annsOwn       = `{"user":{"name":"ann@example.com"},"referredNamespace":"ann","RoleRef":{"name":"admin"}}`
	nowhere       = `{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":"nowhere","RoleRef":{"name":"edit"}}`
	wrongRole     = `{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":"ann","RoleRef":{"name":"cluster-admin"}}`
)

// exchange is one request and the status of its answer.
type exchange struct {
	as, method, path, body string
	status                 int
}

const ann, ben, admin = "ann@example.com", "ben@example.com", "admin@example.com"

// exchanges have, for installations in various states, requests for every answer that the
// document promises.
var exchanges = map[string]struct {
	installation installation
	exchanges    []exchange
}{
	"as usual": {installation{}, []exchange{
		{"", "GET", "/kfam/", "", 200},
		{"", "GET", "/kfam", "", 200},
		{"", "GET", "/kfam/openapi.json", "", 200},
		{"", "GET", "/kfam/openapi.yaml", "", 200},
		{"", "GET", "/metrics", "", 200},
		{"", "GET", "/readyz", "", 200},
		{"", "GET", "/healthz", "", 200},
		{"", "GET", "/nothing", "", 404},
		{"", "GET", "/kfam//v1/bindings", "", 200}, // The router sends it to the clean path.
		{ann, "PATCH", "/kfam/v1/bindings", "", 405},
		{ann, "HEAD", "/kfam/v1/bindings", "", 200},
		{"", "POST", "/kfam/v1/profiles", carlasProfile, 200},
		{"", "POST", "/kfam/v1/profiles/", carlasProfile, 403},
		{admin, "POST", "/kfam/v1/profiles/", carlasProfile, 409},
		{ann, "POST", "/kfam/v1/profiles", `{`, 400},
		{ann, "POST", "/kfam/v1/profiles", carlasProfile, 403},
		{"", "GET", "/kfam/v1/bindings", "", 200},
		{ben, "GET", "/kfam/v1/bindings/?user=ben@example.com&namespace=&role=edit", "", 200},
		{ben, "GET", "/kfam/v1/bindings?user=nobody@example.com", "", 200},
		{ann, "GET", "/kfam/v1/bindings?role=owner", "", 400},
		{"", "GET", "/kfam/v1/role/clusteradmin?user=admin@example.com", "", 200},
		{ann, "GET", "/kfam/v1/role/clusteradmin/?user=ann@example.com", "", 200},
		{ann, "GET", "/kfam/v1/role/clusteradmin?user=ben@example.com", "", 403},
		{"no\tname", "GET", "/kfam/v1/role/clusteradmin", "", 400},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 200},
		{ann, "POST", "/kfam/v1/bindings", wrongRole, 400},
		{ben, "POST", "/kfam/v1/bindings", bensEdit, 403},
		{admin, "POST", "/kfam/v1/bindings", nowhere, 404},
		{ben, "DELETE", "/kfam/v1/bindings", bensEdit, 403},
		{ann, "DELETE", "/kfam/v1/bindings", `{}`, 400},
		{ann, "DELETE", "/kfam/v1/bindings", annsOwn, 409},
		{ann, "DELETE", "/kfam/v1/bindings/", bensEdit, 200},
		{"no\tname", "DELETE", "/kfam/v1/profiles/ann", "", 400},
		{ben, "DELETE", "/kfam/v1/profiles/ann", "", 401},
		{admin, "DELETE", "/kfam/v1/profiles/nobody", "", 404},
		{ann, "DELETE", "/kfam/v1/profiles/ann/", "", 200},
	}},
	"behind a mesh that knows nobody": {installation{mesh: true}, []exchange{
		{"", "GET", "/kfam/v1/bindings", "", 403},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 403},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 403},
		{"Bearer abc", "POST", "/kfam/v1/profiles", carlasProfile, 401},
		{"Bearer abc", "DELETE", "/kfam/v1/profiles/ann", "", 401},
		{"Bearer abc", "GET", "/kfam/v1/bindings", "", 401},
		{"Bearer abc", "POST", "/kfam/v1/bindings", bensEdit, 401},
		{"Bearer abc", "DELETE", "/kfam/v1/bindings", bensEdit, 401},
		{"Bearer abc", "GET", "/kfam/v1/role/clusteradmin", "", 401},
	}},
	"at the start": {installation{synced: func() bool { return false }}, []exchange{
		{"", "GET", "/readyz", "", 503},
		{ann, "POST", "/kfam/v1/profiles", carlasProfile, 503},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 503},
		{ann, "GET", "/kfam/v1/bindings", "", 503},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 503},
		{ann, "DELETE", "/kfam/v1/bindings", bensEdit, 503},
		{ann, "GET", "/kfam/v1/role/clusteradmin", "", 503},
	}},
	"on the way out": {installation{stopping: true}, []exchange{
		{"", "GET", "/readyz", "", 503},
		{"", "GET", "/healthz", "", 200},
		{ann, "GET", "/kfam/v1/bindings", "", 200},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 200},
	}},
	"with a mistake in the program": {installation{synced: func() bool { panic("a mistake") }}, []exchange{
		{ann, "POST", "/kfam/v1/profiles", carlasProfile, 500},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 500},
		{ann, "GET", "/kfam/v1/bindings", "", 500},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 500},
		{ann, "DELETE", "/kfam/v1/bindings", bensEdit, 500},
		{ann, "GET", "/kfam/v1/role/clusteradmin", "", 500},
	}},
	"with the cluster away": {installation{fault: errors.New("connection refused")}, []exchange{
		{"", "POST", "/kfam/v1/profiles", carlasProfile, 503},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 503},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 503},
		{ann, "DELETE", "/kfam/v1/bindings", bensEdit, 503},
	}},
	"with others who change the same": {installation{fault: apierrors.NewConflict(schema.GroupResource{Resource: "things"}, "it", nil)}, []exchange{
		{"", "POST", "/kfam/v1/profiles", carlasProfile, 409},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 409},
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 409},
		{ann, "DELETE", "/kfam/v1/bindings", bensEdit, 409},
	}},
	"with a namespace that goes away": {installation{fault: apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ann")}, []exchange{
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 404},
		{ann, "DELETE", "/kfam/v1/bindings", bensEdit, 404},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 404},
		{"", "POST", "/kfam/v1/profiles", carlasProfile, 503},
	}},
	"with metrics that cannot be gathered": {installation{brokenMetrics: true}, []exchange{
		{"", "GET", "/metrics", "", 500},
	}},
}

// TestEveryAnswerIsAsDocumented fails for an answer that the document does not promise, and
// for a promise that no answer keeps.
func TestEveryAnswerIsAsDocumented(t *testing.T) {
	contract, err := kfamtest.NewContract(kfam.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	for name, state := range exchanges {
		t.Run(name, func(t *testing.T) {
			api := newAPI(t, state.installation)
			api.client.Transport = contract.Transport(api.client.Transport)
			for _, e := range state.exchanges {
				api.must(t, e)
			}
		})
	}
	t.Run("headers that are too long", func(t *testing.T) {
		api := newAPI(t, installation{})
		api.client.Transport = contract.Transport(api.client.Transport)
		for _, call := range contract.Calls() {
			method, path, _ := strings.Cut(call, " ")
			api.must(t, exchange{strings.Repeat("x", 128<<10), method, strings.Replace(path, "{profile}", "ann", 1), "", http.StatusRequestHeaderFieldsTooLarge})
		}
	})
	if unseen := contract.Unseen(); len(unseen) > 0 {
		t.Errorf("the document promises answers that nothing here gets; add a request for each, or take it out of openapi.yaml:\n%s", strings.Join(unseen, "\n"))
	}
}

// TestTheServedDocumentIsTheOneThatIsChecked reads it as a client does.
func TestTheServedDocumentIsTheOneThatIsChecked(t *testing.T) {
	api := newAPI(t, installation{synced: func() bool { return false }})
	if _, body := api.call(t, exchange{"", "GET", "/kfam/openapi.json", "", 0}); body != string(kfam.OpenAPI()) {
		t.Errorf("the API serves another document than it has: %.100s", body)
	}
	if _, body := api.call(t, exchange{"", "GET", "/kfam/openapi.yaml", "", 0}); !strings.Contains(body, "\nopenapi: 3.1.0\n") {
		t.Errorf("the API serves no YAML: %.100s", body)
	}
}
