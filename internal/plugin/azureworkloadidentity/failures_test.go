package azureworkloadidentity

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/test/cloud/azuremsi"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// callsOn are all requests that are sent about an identity.
func callsOn(t *testing.T, c *Client, id ResourceID) map[operation]func() error {
	return map[operation]func() error{
		getIdentity:      func() error { _, err := c.Identity(t.Context(), id); return err },
		listCredentials:  func() error { _, err := c.Credentials(t.Context(), id); return err },
		deleteCredential: func() error { return c.DeleteCredential(t.Context(), id, "name") },
		putCredential: func() error {
			return c.PutCredential(t.Context(), id, "name", armmsi.FederatedIdentityCredentialProperties{})
		},
	}
}

// wantExplained asks twice, since what changes from one answer to the next must not be in
// the message.
func wantExplained(t *testing.T, id ResourceID, o operation, call func() error, kind plugin.ErrorKind, reason, says string) {
	t.Helper()
	first, second := explain(id, o, call()), explain(id, o, call())
	if first.Kind != kind || first.Reason != reason || !strings.Contains(first.Message, says) {
		t.Errorf("explained as %d %s: %s\nwant %d %s with %q\ncause: %v", first.Kind, first.Reason, first.Message, kind, reason, says, first.Cause)
	}
	if first.Message != second.Message {
		t.Errorf("the message changes:\n%s\n%s", first.Message, second.Message)
	}
	if !strings.Contains(first.Message, id.String()) && !strings.Contains(first.Message, id.Subscription) {
		t.Errorf("the message %q does not name the identity", first.Message)
	}
	if first.Cause == nil {
		t.Error("the log gets no cause")
	}
}

func TestAnswersOfAzureAreExplained(t *testing.T) {
	server := startAzure(t)
	text, _ := server.AddIdentity("Alice")
	id, err := parseResourceID("id", text)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		fault  faults.Fault
		kind   plugin.ErrorKind
		reason string
		says   string
		maybe  bool
	}{
		"throttled":          {azuremsi.Throttle(), plugin.Waiting, profilev1.ReasonBinding, "called less often", false},
		"an expired token":   {faults.Fail(401, "ExpiredAuthenticationToken", "old"), plugin.Refused, profilev1.ReasonCredentialsMissing, "(ExpiredAuthenticationToken)", false},
		"another tenant":     {faults.Fail(401, "InvalidAuthenticationTokenTenant", "no"), plugin.Refused, profilev1.ReasonCredentialsMissing, "tenant of that subscription", false},
		"no right":           {faults.Fail(403, "AuthorizationFailed", "no"), plugin.Refused, profilev1.ReasonPermissionMissing, "{right}", false},
		"no right, no code":  {faults.Fail(403, "", "<html>"), plugin.Refused, profilev1.ReasonPermissionMissing, "{right}", false},
		"a policy":           {faults.Fail(403, "RequestDisallowedByPolicy", "no"), plugin.Refused, profilev1.ReasonIdentityRejected, "An Azure Policy forbids", false},
		"no subscription":    {faults.Fail(404, "SubscriptionNotFound", "no"), plugin.Refused, profilev1.ReasonIdentityNotFound, "no subscription " + azuremsi.Subscription, false},
		"a lock":             {faults.Fail(409, "ScopeLocked", "no"), plugin.Refused, profilev1.ReasonIdentityRejected, "A lock in Azure", false},
		"another writer":     {faults.Fail(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "no"), plugin.Waiting, profilev1.ReasonBinding, "Somebody else changes", false},
		"not registered":     {faults.Fail(409, "MissingSubscriptionRegistration", "no"), plugin.Refused, profilev1.ReasonIdentityRejected, "az provider register --subscription " + azuremsi.Subscription, false},
		"a bad request":      {faults.Fail(400, "BadRequest", "no"), plugin.Refused, profilev1.ReasonIdentityRejected, "refused {operation} on", false},
		"no such region":     {faults.Fail(405, "", "not enabled"), plugin.Refused, profilev1.ReasonIdentityRejected, "(status 405)", false},
		"an error 500":       {azuremsi.ServerError(), plugin.Waiting, profilev1.ReasonRetrying, "could not do {operation}", true},
		"a broken proxy":     {faults.Fail(502, "", "<html>"), plugin.Waiting, profilev1.ReasonRetrying, "(status 502)", true},
		"a timeout":          {faults.Fail(408, "RequestTimeout", "slow"), plugin.Waiting, profilev1.ReasonRetrying, "(RequestTimeout)", true},
		"a code of tomorrow": {faults.Fail(418, "Teapot", "short and stout"), plugin.Waiting, profilev1.ReasonRetrying, "(Teapot)", false},
		"no answer":          {faults.CutBefore(), plugin.Waiting, profilev1.ReasonRetrying, "could not be reached", true},
	}
	for name, test := range tests {
		for o, call := range callsOn(t, clientOf(t, server, server.Credential()), id) {
			t.Run(name+" to "+o.name, func(t *testing.T) {
				server.Fault(func(azuremsi.Request) faults.Fault { return test.fault })
				says := strings.NewReplacer("{operation}", o.name, "{right}", o.right).Replace(test.says)
				wantExplained(t, id, o, call, test.kind, test.reason, says)
				if err := call(); maybeDone(err) != test.maybe || gone(o, err) {
					t.Errorf("may have been carried out: %t; the identity is gone: %t", maybeDone(err), gone(o, err))
				}
			})
		}
	}
}

func TestOnlyResourceManagerProvesThatAnIdentityIsGone(t *testing.T) {
	server := startAzure(t)
	server.AddIdentity("Alice")
	missing := ResourceID{azuremsi.Subscription, lower(azuremsi.Group), "missing"}
	elsewhere := ResourceID{someUUID, lower(azuremsi.Group), "alice"}
	c := clientOf(t, server, server.Credential())
	call := func(id ResourceID) func() error { return callsOn(t, c, id)[getIdentity] }
	wantGone := func(id ResourceID, want bool) {
		t.Helper()
		if got := gone(getIdentity, call(id)()); got != want {
			t.Errorf("%s counts as gone: %t", id, got)
		}
	}
	wantExplained(t, missing, getIdentity, call(missing), plugin.Refused, profilev1.ReasonIdentityNotFound, "Azure has no identity")
	wantGone(missing, true)
	wantExplained(t, elsewhere, getIdentity, call(elsewhere), plugin.Refused, profilev1.ReasonIdentityNotFound, "know no subscription")
	wantGone(elsewhere, false)
	server.Fault(func(azuremsi.Request) faults.Fault { return faults.Fail(404, "", "<html>no page</html>") })
	wantGone(missing, false)
	server.Fault(nil)
	server.RemoveGroup()
	wantGone(missing, true)
	if list := callsOn(t, c, missing)[listCredentials]; explain(missing, listCredentials, list()).Kind != plugin.Waiting {
		t.Error("an identity that goes between two requests is not looked for again")
	}
}

func TestRightsAreAskedForByTheirNames(t *testing.T) {
	server := startAzure(t)
	text, _ := server.AddIdentity("Alice")
	id, _ := parseResourceID("id", text)
	for o, call := range callsOn(t, clientOf(t, server, server.CredentialOf("nothing")), id) {
		wantExplained(t, id, o, call, plugin.Refused, profilev1.ReasonPermissionMissing, "may not do "+o.right+" on "+id.String())
	}
	for o, call := range callsOn(t, clientOf(t, server, server.ExpiredCredential()), id) {
		wantExplained(t, id, o, call, plugin.Refused, profilev1.ReasonCredentialsMissing, "(ExpiredAuthenticationToken)")
	}
}

// tokenFunc is a credential.
type tokenFunc func(context.Context) error

func (f tokenFunc) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, f(ctx)
}

func TestWhyThereIsNoTokenIsExplained(t *testing.T) {
	server := startAzure(t)
	failed := func(status int) error {
		return &azidentity.AuthenticationFailedError{RawResponse: &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}}}
	}
	tests := map[string]struct {
		err    error
		kind   plugin.ErrorKind
		reason string
		says   string
		result string
	}{
		"none is configured": {azidentity.NewCredentialUnavailableError("no environment"), plugin.Refused, profilev1.ReasonCredentialsMissing, "gets no token", "no token"},
		"it is not accepted": {failed(400), plugin.Refused, profilev1.ReasonCredentialsMissing, "gets no token", "no token"},
		"a file is missing":  {&azidentity.AuthenticationFailedError{}, plugin.Refused, profilev1.ReasonCredentialsMissing, "annotateOnly", "no token"},
		"Entra is throttled": {failed(429), plugin.Waiting, profilev1.ReasonRetrying, "could not be reached", "unreachable"},
		"Entra is away":      {failed(503), plugin.Waiting, profilev1.ReasonRetrying, "could not be reached", "unreachable"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := clientOf(t, server, tokenFunc(func(context.Context) error { return test.err }))
			for o, call := range callsOn(t, c, alice) {
				wantExplained(t, alice, o, call, test.kind, test.reason, test.says)
				if got := resultOf(call()); got != test.result {
					t.Errorf("%s counts as %q", o.name, got)
				}
			}
		})
	}
	if server.AllRequests() != 0 {
		t.Error("a request was sent without a token")
	}
}

func TestThatTheProcessEndsIsNoMissingToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(tokenFunc(func(ctx context.Context) error { cancel(); return ctx.Err() }), arm.ClientOptions{})
	if _, err := c.Identity(ctx, alice); !errors.Is(err, context.Canceled) || errors.Is(err, errNoToken) {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatIsNotThereIsWaitedFor(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	server := startAzure(t)
	o := server.ClientOptions()
	endpoint := o.Cloud.Services["resourceManager"]
	endpoint.Endpoint = closed.URL
	o.Cloud.Services["resourceManager"] = endpoint
	for operation, call := range callsOn(t, newClient(server.Credential(), *o), alice) {
		wantExplained(t, alice, operation, call, plugin.Waiting, profilev1.ReasonRetrying, "could not be reached")
	}
}

func TestAListThatNeverEndsIsGivenUp(t *testing.T) {
	var endless *httptest.Server
	endless = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"value":[],"nextLink":"` + endless.URL + r.URL.Path + `"}`))
	}))
	defer endless.Close()
	server := startAzure(t)
	o := server.ClientOptions()
	o.Cloud.Services["resourceManager"] = clientEndpoint(endless.URL)
	if _, err := newClient(server.Credential(), *o).Credentials(t.Context(), alice); err == nil || !strings.Contains(err.Error(), "does not end") {
		t.Errorf("got %v", err)
	}
}

func TestHowLongAzureAsksToWait(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "0": 0, "-1": 0, "soon": 0, "99999999999999999999": 0,
		"4294967295": 10 * time.Minute, "601": 10 * time.Minute, "Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0, "Mon, 02 Mar 2026 12:00:00 GMT": 10 * time.Minute} {
		err := &azcore.ResponseError{RawResponse: &http.Response{Header: http.Header{"Retry-After": {text}}}}
		if got := pauseAsked(err, now); got != want {
			t.Errorf("%q means %s, want %s", text, got, want)
		}
	}
	if pauseAsked(errors.New("x"), now) != 0 || pauseAsked(&azcore.ResponseError{}, now) != 0 {
		t.Error("what is no answer asks to wait")
	}
}
