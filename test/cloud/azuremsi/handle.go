package azuremsi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi/fake"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// APIVersion is the only version of the API that is answered.
const APIVersion = "2024-11-30"

// operation is one of the requests that are answered.
type operation struct {
	// name is that of the request in tests.
	name string
	// method is the SDK's name, by which Microsoft's transport finds its way.
	method string
	// action is the right that it takes.
	action string
	writes bool
}

var path = regexp.MustCompile(`(?i)^/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/([^/]+)(/federatedIdentityCredentials(/[^/]+)?)?$`)

// operations are the requests by method and what the path leads to.
var operations = map[string]operation{
	"GET identity":      {"GetIdentity", "UserAssignedIdentitiesClient.Get", ReadIdentity, false},
	"GET credentials":   {"ListCredentials", "FederatedIdentityCredentialsClient.NewListPager", ReadCredential, false},
	"GET credential":    {"GetCredential", "FederatedIdentityCredentialsClient.Get", ReadCredential, false},
	"PUT credential":    {"CreateOrUpdateCredential", "FederatedIdentityCredentialsClient.CreateOrUpdate", WriteCredential, true},
	"DELETE credential": {"DeleteCredential", "FederatedIdentityCredentialsClient.Delete", DeleteCredential, true},
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := path.FindStringSubmatch(r.URL.Path)
	if parts == nil {
		s.refuse(w, &apiError{http.StatusNotFound, "InvalidResourceType", "The resource type could not be found."})
		return
	}
	o, known := operations[r.Method+" "+target(parts)]
	switch {
	case !known:
		s.refuse(w, &apiError{http.StatusMethodNotAllowed, "MethodNotAllowed", "The method is not allowed."})
		return
	case r.URL.Query().Get("api-version") != APIVersion:
		s.refuse(w, &apiError{http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version is invalid."})
		return
	}
	if refusal := s.authorize(r, o); refusal != nil {
		s.recorder.count(o.name, ID(parts[1], parts[2], parts[3]))
		s.refuse(w, refusal)
		return
	}
	s.answer(w, r, o, parts)
}

// target tells what a path leads to.
func target(parts []string) string {
	switch {
	case parts[4] == "":
		return "identity"
	case parts[5] == "":
		return "credentials"
	default:
		return "credential"
	}
}

// answer carries a request out, or does to it what the Fault says.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, o operation, parts []string) {
	id := ID(parts[1], parts[2], parts[3])
	fault := s.orders.Decide(Request{Operation: o.name, Identity: id, N: s.recorder.count(o.name, id)})
	c := &call{Server: s, subscription: parts[1], fault: fault}
	var answer reply
	var err error
	fault.Serve(w, r.Context(), func() { answer, err = c.carryOut(r, o, id) },
		func(f faults.Refusal) { s.refuse(w, &apiError{f.Status, f.Code, f.Message}) },
		func() {
			if err != nil {
				s.refuse(w, asAPIError(err))
				return
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(answer.status)
			_, _ = w.Write(answer.body)
		})
}

// reply is what Microsoft's transport answers.
type reply struct {
	status int
	body   []byte
}

// carryOut has Microsoft's transport do what was asked for. Each request has one of its own,
// because it keeps one list of pages for all who list the same thing at the same time; and
// it is not told when the client hangs up, because it would panic.
func (c *call) carryOut(r *http.Request, o operation, id string) (reply, error) {
	if o.writes {
		done, refusal := c.startWriting(id)
		if refusal != nil {
			return reply{}, refusal
		}
		defer done()
	}
	c.holdBack(r, o.name)
	ctx := context.WithValue(context.WithoutCancel(r.Context()), runtime.CtxAPINameKey{}, o.method)
	answer, err := fake.NewServerFactoryTransport(c.functions()).Do(r.WithContext(ctx))
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, body}, err
}

// apiError is an error as Resource Manager answers it.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// asAPIError takes what Microsoft's transport cannot read for a bad request.
func asAPIError(err error) *apiError {
	var known *apiError
	if errors.As(err, &known) {
		return known
	}
	return &apiError{http.StatusBadRequest, "InvalidRequestContent", err.Error()}
}

func (s *Server) refuse(w http.ResponseWriter, e *apiError) {
	s.mu.Lock()
	s.answered++
	id := fmt.Sprintf("%08d-0000-0000-0000-000000000000", s.answered)
	if e.status == http.StatusTooManyRequests && s.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s.retryAfter))
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Ms-Request-Id", id)
	w.WriteHeader(e.status)
	if e.code == "" {
		fmt.Fprint(w, e.message)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{
		"code": e.code, "message": strings.TrimSuffix(e.message, ".") + ". Request ID: " + id}})
}
