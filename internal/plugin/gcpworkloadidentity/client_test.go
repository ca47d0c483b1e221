package gcpworkloadidentity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/auth"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iam/v1"
	"google.golang.org/api/option"

	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

func TestCredentialsAreFoundWhereGoogleLooksForThem(t *testing.T) {
	server := startIAM(t, gcpiam.Options{})
	addTeam(t, server, foreignPolicy)
	client, err := NewIAM(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	file := filepath.Join(t.TempDir(), "key.json")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	if _, err := client.Project(t.Context()); !errors.Is(err, errNoCredentials) {
		t.Fatalf("without a file got %v", err)
	}
	if err := os.WriteFile(file, server.Key().JSON(), 0o600); err != nil {
		t.Fatal(err)
	}
	project, err := client.Project(t.Context())
	if err != nil || project != ownProject || len(server.Requests()) != 0 {
		t.Fatalf("the project is %q, %v; Google got %v", project, err, server.Requests())
	}
	policy, err := client.Policy(t.Context(), "projects/research/serviceAccounts/"+team)
	if err != nil || !strings.Contains(string(policy), `"bindingId":"b-1"`) {
		t.Errorf("got %s, %v; want also what the library has no type for", policy, err)
	}
}

func TestCredentialsThatAreNoLongerGoodAreLookedForAnew(t *testing.T) {
	server := startIAM(t, gcpiam.Options{})
	addTeam(t, server, foreignPolicy)
	former, err := server.AddCaller("former", getMethod)
	if err != nil {
		t.Fatal(err)
	}
	key := former.JSON()
	client := clientOf(t, server, nil)
	detect := client.detect
	client.detect = func() (*auth.Credentials, error) { return clientThrough(server, key, client.http.Transport).detect() }
	if _, err := detect(); err == nil {
		t.Fatal("an empty key is taken")
	}
	read := func() error {
		_, err := client.Policy(t.Context(), "projects/research/serviceAccounts/"+team)
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	// The access token is no longer taken, and then the key is not.
	server.RemoveCaller(former)
	for _, what := range []string{"token", "key"} {
		if why := explain(team, getMethod, read()); why.Reason != "CredentialsMissing" {
			t.Errorf("the %s is refused with %+v", what, why)
		}
	}
	key = server.Key().JSON()
	if err := read(); err != nil {
		t.Errorf("with a new key: %v", err)
	}
}

// recorded is a request as it would go out.
type recorded struct {
	Method, URL string
	Query       url.Values
	Type        string
	Body        any
}

// recorder keeps requests and answers none.
type recorder struct{ seen []recorded }

var errRecorded = errors.New("recorded")

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	seen := recorded{Method: request.Method, URL: request.URL.Scheme + "://" + request.URL.Host + request.URL.Path, Query: request.URL.Query(), Type: request.Header.Get("Content-Type")}
	if request.Body != nil {
		text, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(text)) > 0 {
			if err := json.Unmarshal(text, &seen.Body); err != nil {
				return nil, err
			}
		}
	}
	r.seen = append(r.seen, seen)
	return nil, errRecorded
}

// staticToken are credentials without a project.
func staticToken() (*auth.Credentials, error) {
	return auth.NewCredentials(&auth.CredentialsOptions{TokenProvider: tokens{}}), nil
}

type tokens struct{}

func (tokens) Token(context.Context) (*auth.Token, error) { return &auth.Token{Value: "x"}, nil }

// TestRequestsAreThoseOfGooglesClient compares what is sent with what the generated client
// sends for the same, which the product does without for its size.
func TestRequestsAreThoseOfGooglesClient(t *testing.T) {
	for _, resource := range []string{"projects/research/serviceAccounts/" + team, "projects/example.com:lab/serviceAccounts/a@lab.example.com.iam.gserviceaccount.com", "projects/-/serviceAccounts/1-compute@developer.gserviceaccount.com"} {
		var ours, theirs recorder
		client := &Client{detect: staticToken, http: http.Client{Transport: &ours}}
		_, read := client.Policy(t.Context(), resource)
		_, wrote := client.SetPolicy(t.Context(), resource, []byte(`{"bindings":[{"role":"r","members":["m"],"condition":{"expression":"a < b"}}],"etag":"BwU=","version":3}`))

		service, err := iam.NewService(t.Context(), option.WithHTTPClient(&http.Client{Transport: &theirs}))
		if err != nil {
			t.Fatal(err)
		}
		accounts := service.Projects.ServiceAccounts
		_, theyRead := accounts.GetIamPolicy(resource).OptionsRequestedPolicyVersion(3).Do()
		_, theyWrote := accounts.SetIamPolicy(resource, &iam.SetIamPolicyRequest{Policy: &iam.Policy{Version: 3, Etag: "BwU=",
			Bindings: []*iam.Binding{{Role: "r", Members: []string{"m"}, Condition: &iam.Expr{Expression: "a < b"}}}}}).Do()
		for _, err := range []error{read, wrote, theyRead, theyWrote} {
			if !errors.Is(err, errRecorded) {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(theirs.seen, ours.seen); diff != "" {
			t.Error(diff)
		}
	}
}
