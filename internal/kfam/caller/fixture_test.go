package caller

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	gateway      = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
	dashboard    = "cluster.local/ns/kubeflow/sa/dashboard"
	tenantPod    = "cluster.local/ns/mallory/sa/default-editor"
	userIDHeader = "Kubeflow-Userid"
	fromSidecar  = "127.0.0.6:40404"
	fromPod      = "10.1.2.3:40404"
)

// appended is the element that Istio's sidecar adds for a client.
func appended(principal string) string {
	return `By=spiffe://cluster.local/ns/kubeflow/sa/profiles-controller-service-account;Hash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef;Subject="";URI=spiffe://` + principal
}

// meshed are the settings of Kubeflow on Istio.
func meshed() Options { return Options{UserIDHeader: "kubeflow-userid"} }

func newAuthenticator(t *testing.T, o Options) *Authenticator {
	t.Helper()
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// request is what arrives from an address, with headers given as name, value, name, value…
func request(from string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/kfam/v1/bindings", nil)
	r.RemoteAddr = from
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// through is a request of a program of the mesh.
func through(principal string, headers ...string) *http.Request {
	return request(fromSidecar, append(headers, clientCertHeader, appended(principal))...)
}

// wantRefusal fails the test unless err is a refusal with this status and reason, and says
// something to the client. It returns what the client is told and what is logged.
func wantRefusal(t *testing.T, err error, status int, reason Reason) (told, logged string) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("error = %v, want a refusal with %d %s", err, status, reason)
	}
	if refusal.Status != status || refusal.Reason != reason {
		t.Errorf("refused with %d %s (%v), want %d %s", refusal.Status, refusal.Reason, refusal, status, reason)
	}
	if len(refusal.Message) < 20 {
		t.Errorf("the client is told only %q", refusal.Message)
	}
	return refusal.Message, refusal.Error()
}

// reviews answers token reviews. It counts them.
type reviews struct {
	asked  int
	status authenticationv1.TokenReviewStatus
	err    error
	last   authenticationv1.TokenReviewSpec
}

func (r *reviews) Create(_ context.Context, review *authenticationv1.TokenReview, _ metav1.CreateOptions) (*authenticationv1.TokenReview, error) {
	r.asked++
	r.last = review.Spec
	return &authenticationv1.TokenReview{Status: r.status}, r.err
}

// account is the API server's answer about a good token.
func account(username string, audiences ...string) authenticationv1.TokenReviewStatus {
	return authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: audiences,
		User: authenticationv1.UserInfo{Username: username, Groups: []string{"system:serviceaccounts", "system:authenticated"}}}
}
