package gcpiam

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/auth/credentials"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iam/v1"
	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"
)

const (
	team   = "team@kubeflow-prod.iam.gserviceaccount.com"
	user   = "roles/iam.workloadIdentityUser"
	editor = "serviceAccount:kubeflow-prod.svc.id.goog[alice/default-editor]"
	// shared is a policy with a condition and everything else that may stand in one.
	shared = `{"bindings":[` +
		`{"role":"roles/iam.serviceAccountAdmin","members":["user:ann@example.com"]},` +
		`{"role":"roles/iam.workloadIdentityUser","members":["serviceAccount:kubeflow-prod.svc.id.goog[bob/default-editor]"],"condition":{"expression":"request.time < timestamp('2030-01-01T00:00:00Z')","title":"until 2030"}}],` +
		`"auditConfigs":[{"service":"allServices"}]}`
)

// start starts IAM with the account team, which ends with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s.add(t, team, shared)
	return s
}

func (s *Server) add(t *testing.T, email, policy string) {
	t.Helper()
	if err := s.AddServiceAccount(email, policy); err != nil {
		t.Fatal(err)
	}
}

// client is Google's own, with a key, and leaves no connection behind.
func (s *Server) client(t *testing.T, key []byte) *iam.ProjectsServiceAccountsService {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	found, err := credentials.NewCredentialsFromJSON(credentials.ServiceAccount, key,
		&credentials.DetectOptions{Scopes: []string{iam.CloudPlatformScope}, Client: &http.Client{Transport: base}})
	if err != nil {
		t.Fatal(err)
	}
	transport, err := htransport.NewTransport(t.Context(), base, option.WithAuthCredentials(found), option.WithTelemetryDisabled())
	if err != nil {
		t.Fatal(err)
	}
	service, err := iam.NewService(context.Background(), option.WithHTTPClient(&http.Client{Transport: transport}), option.WithEndpoint(s.URL()))
	if err != nil {
		t.Fatal(err)
	}
	return service.Projects.ServiceAccounts
}

func (s *Server) owner(t *testing.T) *iam.ProjectsServiceAccountsService {
	t.Helper()
	return s.client(t, s.Key().JSON())
}

func resource(email string) string {
	_, host, _ := strings.Cut(email, "@")
	return "projects/" + strings.TrimSuffix(host, ".iam.gserviceaccount.com") + "/serviceAccounts/" + email
}

func read(t *testing.T, client *iam.ProjectsServiceAccountsService, email string) *iam.Policy {
	t.Helper()
	p, err := client.GetIamPolicy(resource(email)).OptionsRequestedPolicyVersion(3).Context(t.Context()).Do()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// write sets the policy of the account team.
func write(t *testing.T, client *iam.ProjectsServiceAccountsService, p *iam.Policy) error {
	t.Helper()
	_, err := client.SetIamPolicy(resource(team), &iam.SetIamPolicyRequest{Policy: p}).Context(t.Context()).Do()
	return err
}

// wantError fails unless the error is what IAM answers with this code and these words.
func wantError(t *testing.T, err error, code int, says string) {
	t.Helper()
	answer, ok := errors.AsType[*googleapi.Error](err)
	if !ok || answer.Code != code || !strings.Contains(answer.Message, says) {
		t.Errorf("got %v\nwant an answer with code %d and %q", err, code, says)
	}
}
