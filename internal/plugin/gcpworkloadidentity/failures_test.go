package gcpworkloadidentity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/compute/metadata"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
)

// newerIAM has policies of a version that does not exist yet.
type newerIAM struct{ IAM }

func (newerIAM) Policy(context.Context, string) ([]byte, error) { return []byte(`{"version":4}`), nil }

// want is how an error is explained.
type want struct {
	kind    plugin.ErrorKind
	reason  string
	says    string
	notDone bool
}

// wantExplained has Google asked twice, since what changes from one answer to the next must
// not be in the message.
func wantExplained(t *testing.T, operation edits.Operation, call func() error, w want) {
	t.Helper()
	c := &cloud{}
	first, second := c.Explain(team, operation, call()), c.Explain(team, operation, call())
	if first.Why.Kind != w.kind || first.Why.Reason != w.reason || !strings.Contains(first.Why.Message, w.says) || first.NotDone != w.notDone {
		t.Errorf("explained as %d %s, surely not done %t: %s\nwant %+v\ncause: %v", first.Why.Kind, first.Why.Reason, first.NotDone, first.Why.Message, w, first.Why.Cause)
	}
	if first.Why.Message != second.Why.Message {
		t.Errorf("the message changes:\n%s\n%s", first.Why.Message, second.Why.Message)
	}
	if first.Why.Cause == nil {
		t.Error("the log gets no cause")
	}
}

func TestAnswersOfIAMAreExplained(t *testing.T) {
	server := startIAM(t, gcpiam.Options{})
	addTeam(t, server, foreignPolicy)
	client := clientOf(t, server, server.Key().JSON())
	resource := "projects/research/serviceAccounts/" + team
	tests := map[string]struct {
		fault faults.Fault
		want  want
	}{
		"throttled":          {gcpiam.Throttle(), want{plugin.Waiting, profilev1.ReasonBinding, "called less often", true}},
		"throttled by 403":   {faults.Fail(403, "RATE_LIMIT_EXCEEDED", "no"), want{plugin.Waiting, profilev1.ReasonBinding, "called less often", true}},
		"a conflict":         {gcpiam.Conflict(), want{plugin.Waiting, profilev1.ReasonRetrying, "at the same time", true}},
		"not permitted":      {gcpiam.PermissionDenied(), want{plugin.Refused, profilev1.ReasonPermissionMissing, "may not call {method} on " + team + " (HTTP status 403, IAM_PERMISSION_DENIED)", true}},
		"not enabled":        {faults.Fail(403, "SERVICE_DISABLED", "no"), want{plugin.Refused, profilev1.ReasonPermissionMissing, "gcloud services enable iam.googleapis.com", true}},
		"a perimeter":        {faults.Fail(403, "SECURITY_POLICY_VIOLATED", "no"), want{plugin.Refused, profilev1.ReasonPermissionMissing, "SECURITY_POLICY_VIOLATED", true}},
		"not found":          {faults.Fail(404, "", "Unknown service account"), want{plugin.Refused, profilev1.ReasonIdentityNotFound, "Google has no service account " + team, true}},
		"not authenticated":  {faults.Fail(401, "ACCESS_TOKEN_EXPIRED", "no"), want{plugin.Refused, profilev1.ReasonCredentialsMissing, "own credentials", true}},
		"invalid":            {faults.Fail(400, "", "Service account x does not exist."), want{plugin.Refused, profilev1.ReasonIdentityRejected, "(HTTP status 400, badRequest)", true}},
		"an organization's":  {faults.Fail(400, "ORG_POLICY", "no"), want{plugin.Refused, profilev1.ReasonIdentityRejected, "(HTTP status 400, ORG_POLICY)", true}},
		"unavailable":        {gcpiam.ServerError(), want{plugin.Waiting, profilev1.ReasonRetrying, "could not do {method}", false}},
		"a code of tomorrow": {faults.Fail(418, "", "short and stout"), want{plugin.Waiting, profilev1.ReasonRetrying, "(HTTP status 418)", true}},
		"no answer":          {faults.CutBefore(), want{plugin.Waiting, profilev1.ReasonRetrying, "could not be reached for " + team, false}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server.Fault(func(gcpiam.Request) faults.Fault { return test.fault })
			w := test.want
			w.says = strings.ReplaceAll(test.want.says, "{method}", getMethod)
			wantExplained(t, edits.Read, func() error { _, err := client.Policy(t.Context(), resource); return err }, w)
			w.says = strings.ReplaceAll(test.want.says, "{method}", setMethod)
			wantExplained(t, edits.Write, func() error { _, err := client.SetPolicy(t.Context(), resource, []byte(`{}`)); return err }, w)
		})
	}
}

func TestWhyIAMCannotBeAskedIsExplained(t *testing.T) {
	server := startIAM(t, gcpiam.Options{})
	addTeam(t, server, foreignPolicy)
	reader, err := server.AddCaller("reader", getMethod)
	if err != nil {
		t.Fatal(err)
	}
	former, err := server.AddCaller("former")
	if err != nil {
		t.Fatal(err)
	}
	server.RemoveCaller(former)
	closed := httptest.NewServer(nil)
	closed.Close()
	away := clientOf(t, server, server.Key().JSON())
	away.endpoint = closed.URL
	unreachable := strings.ReplaceAll(string(server.Key().JSON()), strings.TrimSuffix(server.URL(), "/"), closed.URL)
	none := &Client{detect: func() (*auth.Credentials, error) { return nil, errors.New("could not find default credentials, 4711") }}
	tests := map[string]struct {
		client *Client
		want   want
	}{
		"a permission is missing": {clientOf(t, server, reader.JSON()), want{plugin.Refused, profilev1.ReasonPermissionMissing, "may not call " + setMethod, true}},
		"a key that was deleted":  {clientOf(t, server, former.JSON()), want{plugin.Refused, profilev1.ReasonCredentialsMissing, "no access token", true}},
		"no tokens for now":       {clientOf(t, server, []byte(unreachable)), want{plugin.Waiting, profilev1.ReasonRetrying, "endpoint for access tokens could not be reached", true}},
		"no credentials":          {none, want{plugin.Refused, profilev1.ReasonCredentialsMissing, "has no Google credentials", true}},
		"nobody listens":          {away, want{plugin.Waiting, profilev1.ReasonRetrying, "could not be reached", false}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantExplained(t, edits.Write, func() error {
				_, err := test.client.SetPolicy(t.Context(), "projects/research/serviceAccounts/"+team, []byte(`{}`))
				return err
			}, test.want)
		})
	}
}

// The metadata server speaks for credentials inside of Google Cloud.
func TestAnswersOfTheMetadataServerAreExplained(t *testing.T) {
	tests := map[string]struct {
		err     error
		refuses bool
	}{
		"the account may not be used": {&metadata.Error{Code: 403, Message: "no"}, true},
		"there is no account":         {metadata.NotDefinedError("instance/service-accounts/default/token"), true},
		"it is busy":                  {&metadata.Error{Code: 429}, false},
		"it is broken":                {&metadata.Error{Code: 500}, false},
		"it is away":                  {errors.New("dial tcp: connection refused"), false},
	}
	for name, test := range tests {
		kind := explainCredentials(fmt.Errorf("%w: credentials: %w", errNoToken, test.err)).Kind
		if (kind == plugin.Refused) != test.refuses {
			t.Errorf("%s: explained as %d", name, kind)
		}
	}
}

// Proxies and portals in front of IAM answer in forms of their own. That must not be taken
// for IAM's word that an account is gone, which lets go of what was granted.
func TestAnswersThatAreNotIAMs(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   want
	}{
		"no page":            {404, "<html>not found</html>", want{plugin.Waiting, profilev1.ReasonRetrying, "(HTTP status 404)", true}},
		"not allowed":        {403, "", want{plugin.Refused, profilev1.ReasonPermissionMissing, "(HTTP status 403)", true}},
		"a bad request":      {400, "<html></html>", want{plugin.Waiting, profilev1.ReasonRetrying, "(HTTP status 400)", true}},
		"a broken proxy":     {502, "<html>bad gateway</html>", want{plugin.Waiting, profilev1.ReasonRetrying, "(HTTP status 502)", false}},
		"a page that is not": {200, "<html>log in</html>", want{plugin.Waiting, profilev1.ReasonRetrying, "could not be reached", false}},
	}
	server := startIAM(t, gcpiam.Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			imitation := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer imitation.Close()
			client := clientOf(t, server, server.Key().JSON())
			client.endpoint = imitation.URL
			wantExplained(t, edits.Read, func() error {
				_, err := client.Policy(t.Context(), "projects/research/serviceAccounts/"+team)
				return err
			}, test.want)
		})
	}
}

func TestReasonsOfRefusalDecideWhatTakingBackMeans(t *testing.T) {
	c := &cloud{}
	for _, reason := range []string{profilev1.ReasonIdentityNotFound, profilev1.ReasonPermissionMissing, profilev1.ReasonCredentialsMissing, profilev1.ReasonAllowPolicyInvalid, profilev1.ReasonIdentityRejected} {
		failure := &plugin.Error{Kind: plugin.Refused, Reason: reason}
		gone, err := c.UnderFailure(failure, wishFor("alice", false))
		if isGone := reason == profilev1.ReasonIdentityNotFound; gone != isGone || (err == nil) != isGone {
			t.Errorf("taking back when %s: gone %t, error %v", reason, gone, err)
		}
		if in, err := c.UnderFailure(failure, wishFor("alice", true)); in || !errors.Is(err, failure) {
			t.Errorf("granting when %s: served %t, error %v", reason, in, err)
		}
	}
}
