package awsirsa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// client is one of the real SDK whose connections end with the test.
func client(t *testing.T, config aws.Config) IAM {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config.HTTPClient = &http.Client{Transport: transport}
	return newIAM(config)
}

func mustParse(t *testing.T, arn string) roleARN {
	t.Helper()
	role, err := parseRoleARN("role", arn)
	if err != nil {
		t.Fatal(err)
	}
	return role
}

// wantExplained asks IAM twice, since what changes from one answer to the next must not
// be in the message.
func wantExplained(t *testing.T, role roleARN, operation string, call func() error, kind plugin.ErrorKind, reason, says string) {
	t.Helper()
	first, second := explain(role, operation, call()), explain(role, operation, call())
	if first.Kind != kind || first.Reason != reason || !strings.Contains(first.Message, says) {
		t.Errorf("explained as %d %s: %s\nwant %d %s with %q\ncause: %v", first.Kind, first.Reason, first.Message, kind, reason, says, first.Cause)
	}
	if first.Message != second.Message {
		t.Errorf("the message changes:\n%s\n%s", first.Message, second.Message)
	}
	if !strings.Contains(first.Message, role.text) && first.Reason != profilev1.ReasonCredentialsMissing {
		t.Errorf("the message %q does not name the role", first.Message)
	}
	if first.Cause == nil {
		t.Error("the log gets no cause")
	}
}

func TestAnswersOfIAMAreExplained(t *testing.T) {
	server := startAccount(t, iamsts.Options{})
	role := mustParse(t, server.AddRole("r", "/", foreignPolicy, nil))
	iam := client(t, server.Config())
	calls := map[string]func() error{
		"GetRole": func() error {
			_, err := readRole(t.Context(), iam, role)
			return err
		},
		"UpdateAssumeRolePolicy": func() error { return writeTrustPolicy(t.Context(), iam, role, []byte(foreignPolicy)) },
	}
	tests := map[string]struct {
		fault     iamsts.Fault
		kind      plugin.ErrorKind
		reason    string
		says      string
		throttled bool
	}{
		"Throttling":             {iamsts.Throttle(), plugin.Waiting, profilev1.ReasonBinding, "called less often", true},
		"RequestLimitExceeded":   {iamsts.RequestLimitExceeded(), plugin.Waiting, profilev1.ReasonBinding, "called less often", true},
		"AccessDenied":           {iamsts.AccessDenied(), plugin.Refused, profilev1.ReasonPermissionMissing, "may not call iam:{operation}", false},
		"UnauthorizedOperation":  {iamsts.Fail(403, "UnauthorizedOperation", "no"), plugin.Refused, profilev1.ReasonPermissionMissing, "may not call", false},
		"NoSuchEntity":           {iamsts.Fail(404, "NoSuchEntity", "gone"), plugin.Refused, profilev1.ReasonIdentityNotFound, "AWS has no role", false},
		"InvalidClientTokenId":   {iamsts.Fail(403, "InvalidClientTokenId", "no"), plugin.Refused, profilev1.ReasonCredentialsMissing, "(InvalidClientTokenId)", false},
		"ExpiredToken":           {iamsts.Fail(400, "ExpiredToken", "old"), plugin.Refused, profilev1.ReasonCredentialsMissing, "(ExpiredToken)", false},
		"SignatureDoesNotMatch":  {iamsts.Fail(403, "SignatureDoesNotMatch", "no"), plugin.Refused, profilev1.ReasonCredentialsMissing, "own credentials", false},
		"OptInRequired":          {iamsts.Fail(403, "OptInRequired", "no"), plugin.Refused, profilev1.ReasonCredentialsMissing, "own credentials", false},
		"LimitExceeded":          {iamsts.Fail(409, "LimitExceeded", "too long"), plugin.Refused, profilev1.ReasonTrustPolicyLimitExceeded, "-aws-trust-policy-limit", false},
		"UnmodifiableEntity":     {iamsts.Fail(400, "UnmodifiableEntity", "protected"), plugin.Refused, profilev1.ReasonIdentityRejected, "(UnmodifiableEntity)", false},
		"MalformedPolicy":        {iamsts.Fail(400, "MalformedPolicyDocument", "bad"), plugin.Refused, profilev1.ReasonIdentityRejected, "(MalformedPolicyDocument)", false},
		"ConcurrentModification": {iamsts.ConcurrentModification(), plugin.Waiting, profilev1.ReasonRetrying, "(ConcurrentModification)", false},
		"ServiceFailure":         {iamsts.ServerError(), plugin.Waiting, profilev1.ReasonRetrying, "could not do iam:{operation}", false},
		"a code of tomorrow":     {iamsts.Fail(418, "Teapot", "short and stout"), plugin.Waiting, profilev1.ReasonRetrying, "(Teapot)", false},
		"no answer":              {iamsts.TimeoutBefore(), plugin.Waiting, profilev1.ReasonRetrying, "could not be reached", false},
	}
	for name, test := range tests {
		for operation, call := range calls {
			t.Run(name+" to "+operation, func(t *testing.T) {
				server.Fault(func(iamsts.Request) iamsts.Fault { return test.fault })
				wantExplained(t, role, operation, call, test.kind, test.reason, strings.ReplaceAll(test.says, "{operation}", operation))
				if got := throttled(call()); got != test.throttled {
					t.Errorf("counts as throttling: %t, want %t", got, test.throttled)
				}
			})
		}
	}
}

func TestWhyIAMCannotBeAskedIsExplained(t *testing.T) {
	server := startAccount(t, iamsts.Options{})
	role := mustParse(t, server.AddRole("r", "/", foreignPolicy, nil))
	narrow := server.ConfigFor(server.AddUser("narrow", iamsts.Permission{Actions: []string{"iam:GetRole"}, Resources: []string{"*/other"}}))
	wrong := server.ConfigFor(iamsts.Credentials{AccessKeyID: server.Credentials().AccessKeyID, SecretAccessKey: "wrong"})
	stranger := server.ConfigFor(iamsts.Credentials{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: "x"})
	none := server.Config()
	none.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no EC2 IMDS role found, request 4711")
	})
	closed := httptest.NewServer(nil)
	closed.Close()
	away := server.Config()
	away.BaseEndpoint = &closed.URL
	tests := map[string]struct {
		config aws.Config
		kind   plugin.ErrorKind
		reason string
		says   string
	}{
		"a permission is missing": {narrow, plugin.Refused, profilev1.ReasonPermissionMissing, "may not call iam:GetRole"},
		"a wrong secret":          {wrong, plugin.Refused, profilev1.ReasonCredentialsMissing, "(SignatureDoesNotMatch)"},
		"an unknown key":          {stranger, plugin.Refused, profilev1.ReasonCredentialsMissing, "(InvalidClientTokenId)"},
		"no credentials":          {none, plugin.Refused, profilev1.ReasonCredentialsMissing, "has no AWS credentials"},
		"nobody listens":          {away, plugin.Waiting, profilev1.ReasonRetrying, "could not be reached"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			iam := client(t, test.config)
			wantExplained(t, role, "GetRole", func() error {
				_, err := readRole(t.Context(), iam, role)
				return err
			}, test.kind, test.reason, test.says)
		})
	}
}

func TestWhatIAMItselfRefusesIsExplained(t *testing.T) {
	server := startAccount(t, iamsts.Options{TrustPolicySizeLimit: 200})
	iam := client(t, server.Config())
	protected := mustParse(t, server.AddRole("p", "/aws-service-role/x/", foreignPolicy, nil))
	wantExplained(t, protected, "UpdateAssumeRolePolicy", func() error { return writeTrustPolicy(t.Context(), iam, protected, []byte(foreignPolicy)) },
		plugin.Refused, profilev1.ReasonIdentityRejected, "(UnmodifiableEntity)")
	role := mustParse(t, server.AddRole("r", "/", foreignPolicy, nil))
	wantExplained(t, role, "UpdateAssumeRolePolicy", func() error { return writeTrustPolicy(t.Context(), iam, role, []byte("no JSON")) },
		plugin.Refused, profilev1.ReasonIdentityRejected, "(MalformedPolicyDocument)")
	wantExplained(t, role, "UpdateAssumeRolePolicy", func() error { return writeTrustPolicy(t.Context(), iam, role, policyOf(t, "alice")) },
		plugin.Refused, profilev1.ReasonTrustPolicyLimitExceeded, "would be too long")
	wantExplained(t, role, "GetRole", func() error {
		_, err := edit([]byte("no JSON"), []wish{wishOf("alice", true)}, 1)
		return err
	}, plugin.Refused, profilev1.ReasonTrustPolicyInvalid, "was left alone")
}

// Servers that imitate IAM, and proxies in front of it, answer in forms of their own.
func TestAnswersThatAreNotIAMs(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		kind   plugin.ErrorKind
		reason string
	}{
		"no page":            {404, "<html>not found</html>", plugin.Refused, profilev1.ReasonIdentityNotFound},
		"not allowed":        {403, "", plugin.Refused, profilev1.ReasonPermissionMissing},
		"a broken proxy":     {502, "<html>bad gateway</html>", plugin.Waiting, profilev1.ReasonRetrying},
		"a page that is not": {200, "<html>log in</html>", plugin.Waiting, profilev1.ReasonRetrying},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			imitation := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer imitation.Close()
			config := aws.Config{BaseEndpoint: &imitation.URL, Region: "us-east-1",
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
				})}
			role, iam := mustParse(t, aliceRole), client(t, config)
			_, err := readRole(t.Context(), iam, role)
			if err == nil {
				t.Fatal("the page was taken for a role")
			}
			if got := explain(role, "GetRole", err); test.status != 200 && (got.Kind != test.kind || got.Reason != test.reason) {
				t.Errorf("explained as %d %s: %s; want %d %s", got.Kind, got.Reason, got.Message, test.kind, test.reason)
			}
		})
	}
}

// What may have been written counts as written: until IAM has settled, the queue believes
// no read that shows the policy from before.
func TestAFailedWriteCountsAsDoneUnlessItWasSurelyNot(t *testing.T) {
	tests := map[string]struct {
		fault     iamsts.Fault
		notDone   bool
		throttled bool
	}{
		"cut off before":    {iamsts.TimeoutBefore(), false, false},
		"cut off after":     {iamsts.TimeoutAfterWrite(), false, false},
		"an error 500":      {iamsts.ServerError(), false, false},
		"throttled":         {iamsts.Throttle(), true, true},
		"throttled by 503":  {iamsts.RequestLimitExceeded(), true, true},
		"denied":            {iamsts.AccessDenied(), true, false},
		"somebody else is":  {iamsts.ConcurrentModification(), true, false},
		"the policy is bad": {iamsts.Fail(400, "MalformedPolicyDocument", "bad"), true, false},
	}
	server := startAccount(t, iamsts.Options{})
	role := mustParse(t, server.AddRole("r", "/", foreignPolicy, nil))
	cloud := roles{client: client(t, server.Config()), observe: func(string, string) {}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server.Fault(func(iamsts.Request) iamsts.Fault { return test.fault })
			_, err := cloud.Write(t.Context(), role.text, reading{}, reading{role: role, policy: policyOf(t, "alice")})
			if err == nil {
				t.Fatal("the write went well, so this test shows nothing")
			}
			got := cloud.Explain(role.text, edits.Write, err)
			if got.NotDone != test.notDone || got.Throttled != test.throttled || got.Conflict {
				t.Errorf("explained as %+v; want not done %t, throttled %t and no conflict", got, test.notDone, test.throttled)
			}
			if says := got.Why.Message; !strings.Contains(says, role.text) || strings.Contains(says, "iam:GetRole on") {
				t.Errorf("%q does not name the role or calls the write a read", says)
			}
		})
	}
}

func TestReasonsOfRefusalDecideWhatTakingBackMeans(t *testing.T) {
	gone := []string{profilev1.ReasonIdentityNotFound, profilev1.ReasonRoleInAnotherAccount}
	held := []string{profilev1.ReasonPermissionMissing, profilev1.ReasonCredentialsMissing, profilev1.ReasonTrustPolicyInvalid}
	goesOn := []string{profilev1.ReasonTrustPolicyLimitExceeded}
	for _, reason := range slices.Concat(gone, held, goesOn) {
		failure := &plugin.Error{Kind: plugin.Refused, Reason: reason}
		served, refusal := roles{}.UnderFailure(failure, wishOf("alice", false))
		if served != slices.Contains(gone, reason) || (refusal != nil) != slices.Contains(held, reason) {
			t.Errorf("taking back when %s: served %t, refusal %v", reason, served, refusal)
		}
		if served, refusal := (roles{}).UnderFailure(failure, wishOf("alice", true)); served || !errors.Is(refusal, failure) {
			t.Errorf("granting when %s: served %t, refusal %v", reason, served, refusal)
		}
	}
	if throttled(fmt.Errorf("wrapped: %w", trustpolicy.ErrPolicy)) || codeOf(nil) != "" {
		t.Error("what is no answer of AWS has a code")
	}
}
